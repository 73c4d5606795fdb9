#include "cli/operator/operator_verbs.h"

#include "cli/command_line/exit_code.h"
#include "cli/document/output.h"
#include "cli/log/log_reading.h"
#include "cli/operator/operator_document.h"
#include "config/config_file.h"
#include "control/control_client.h"

namespace handshaked::cli {
namespace {

/// Where the daemon listens; nullopt after a complaint.
std::optional<std::string> find_socket(const OperatorOptions& options) {
  if (!options.socket.empty()) return options.socket;
  const bool is_asked_for = !options.config_file.empty();
  const auto loaded = config::load_config(is_asked_for ? options.config_file : std::string(config::kDefaultFile), is_asked_for);
  for (const config::ConfigProblem& problem : loaded.problems) complain_about(Error(ErrorCode::invalid_configuration, problem.message()));
  if (!loaded.problems.empty()) return std::nullopt;
  if (!loaded.config.control.socket.empty()) return loaded.config.control.socket;
  complain_about(Error(ErrorCode::invalid_configuration, "the configuration switches the control socket off"));
  return std::nullopt;
}

}  // namespace

int run_operator(const OperatorOptions& options) {
  const auto socket = find_socket(options);
  if (!socket) return kExitConfiguration;
  control::ControlRequest request;
  request.verb = options.verb;
  for (const auto& [name, values] : options.arguments) request.arguments.emplace(name, values);
  const auto answer = control::ask_daemon(*socket, request);
  if (!answer) {
    complain_about(answer.error());
    return kExitUnavailable;
  }
  if (!answer.value().is_ok) {
    complain_about(Error(ErrorCode::invalid_input, answer.value().message));
    return answer.value().code == "invalid" ? kExitUsage : kExitNothing;
  }
  Output output = Output::standard();
  output.buffer() = options.json ? answer.value().result + "\n" : operator_page(options.verb, answer.value().result, options.language);
  if (const auto flushed = output.flush(); !flushed) {
    complain_about(flushed.error());
    return kExitInternal;
  }
  return kExitDone;
}

}  // namespace handshaked::cli
