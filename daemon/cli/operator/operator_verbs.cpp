#include "cli/operator/operator_verbs.h"

#include <unistd.h>

#include "cli/command_line/exit_code.h"
#include "cli/document/output.h"
#include "cli/document/terminal.h"
#include "cli/log/log_reading.h"
#include "cli/operator/daemon_question.h"
#include "cli/operator/operator_document.h"
#include "cli/watch/watch_verb.h"
#include "control/control_client.h"

namespace handshaked::cli {
int run_operator(const OperatorOptions& options) {
  if (options.verb == "watch") {
    WatchOptions watch{
        .socket = options.socket, .config_file = options.config_file, .language = options.language};
    watch.json = options.json;
    const auto interval = options.arguments.find("interval");
    if (interval != options.arguments.end())
      watch.interval = std::chrono::seconds(std::stoi(interval->second.front()));
    return run_watch(watch);
  }
  const auto socket = find_socket({.socket = options.socket, .config_file = options.config_file});
  if (!socket) return kExitConfiguration;
  control::ControlRequest request;
  request.verb = options.verb;
  for (const auto& [name, values] : options.arguments) request.arguments.emplace(name, values);
  if (options.verb == "incidents.show")
    request.arguments["lang"] = {std::string(to_string(options.language))};
  const auto answer = control::ask_daemon(*socket, request);
  if (!answer) {
    complain_about(answer.error());
    return kExitUnavailable;
  }
  if (!answer.value().is_ok) {
    complain_about_answer(answer.value().message);
    return answer.value().code == "invalid" || answer.value().code == "ambiguous" ? kExitUsage
                                                                                  : kExitNothing;
  }
  Output output = Output::standard();
  output.buffer() =
      options.json
          ? answer.value().result + "\n"
          : operator_page(
                options.verb, answer.value().result, options.language,
                terminal_width(STDOUT_FILENO),
                command_options({.socket = options.socket, .config_file = options.config_file}));
  if (const auto flushed = output.flush(); !flushed) {
    complain_about(flushed.error());
    return kExitInternal;
  }
  return kExitDone;
}

}  // namespace handshaked::cli
