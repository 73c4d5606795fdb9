#include "diagnose/prover/private_instance.h"

#include <signal.h>

#include <charconv>
#include <fstream>
#include <optional>

#include "diagnose/patch/program_run.h"

namespace handshaked::diagnose {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::string_view kConfiguration = "nginx.conf", kProcess = "nginx.pid",
                           kStartLog = "start.log", kDone = "done";

std::optional<pid_t> process_in(const PrivateDirectory& directory) {
  const std::string text = directory.read(kProcess);
  pid_t id = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), id);
  return parsed.ec == std::errc{} && id > 1 ? std::optional(id) : std::nullopt;
}

/// What is outside of http and stream. A server takes a connection for listening, one for us and
/// one for the peer.
std::string main_settings(const PrivateDirectory& directory, std::size_t servers) {
  return "daemon off;\nmaster_process on;\nworker_processes 1;\npid " + directory.path(kProcess) +
         ";\nerror_log " + directory.path("error.log") + " info;\nevents {\n  worker_connections " +
         std::to_string(16 + 4 * servers) + ";\n}\n";
}

}  // namespace

Result<std::shared_ptr<const PrivateInstance>> PrivateInstance::start(const std::string& program,
                                                                      const std::string& modules,
                                                                      const std::string& blocks,
                                                                      std::size_t servers,
                                                                      Clock::time_point deadline) {
  TRY(PrivateDirectory directory, PrivateDirectory::create());
  TRY(directory.write(kConfiguration, modules + main_settings(directory, servers) + blocks));
  const std::shared_ptr<PrivateInstance> instance(new PrivateInstance(std::move(directory)));
  TRY(instance->run(program, deadline));
  return std::shared_ptr<const PrivateInstance>(instance);
}

Result<> PrivateInstance::run(const std::string& program, Clock::time_point deadline) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
  if (left.count() <= 0) return fail(ErrorCode::timeout, "no time is left to start nginx");
  // Ends by itself when it would not start, by the destructor else; whatever happens the group is
  // killed when the time is over.
  runner_ = std::thread([program, left,
                         arguments = std::vector<std::string>{"nginx", "-p", directory_.path(""),
                                                              "-c", directory_.path(kConfiguration),
                                                              "-e", directory_.path(kStartLog)},
                         done = directory_.path(kDone)] {
    const auto run = run_program(program, arguments, left);
    std::ofstream(done) << (run ? run.value().output : run.error().message());
  });
  while (Clock::now() < deadline) {
    if (process_in(directory_)) return success();  // written when it listens
    if (directory_.has(kDone))
      return fail(ErrorCode::io,
                  "nginx did not start: " + directory_.read(kStartLog) + directory_.read(kDone));
    directory_.wait_for_change_or(-1, std::chrono::milliseconds(50));
  }
  return fail(ErrorCode::timeout, "nginx did not start in time");
}

PrivateInstance::~PrivateInstance() {
  if (!runner_.joinable()) return;
  // Its own pid file, in our directory: nobody else writes there.
  if (const auto process = process_in(directory_); process && !directory_.has(kDone)) {
    // Master and worker are one group, unless a script stands between us.
    if (::kill(-*process, SIGKILL) != 0) ::kill(*process, SIGTERM);
  }
  runner_.join();
}

}  // namespace handshaked::diagnose
