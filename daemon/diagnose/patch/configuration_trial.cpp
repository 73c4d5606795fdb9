#include "diagnose/patch/configuration_trial.h"

#include <filesystem>

#include "diagnose/host/trusted_path.h"
#include "diagnose/patch/configuration_copy.h"
#include "diagnose/patch/program_run.h"

namespace handshaked::diagnose {
namespace {

constexpr nginx::NginxVersion kErrorLogOption{
    1, 19, 5};  // since then -e names the log that is written before the configuration is read

/// "nginx: [emerg] what" or, in a log, "2026/11/21 08:01:49 [emerg] 12#12: what": without the
/// program, the time and the process.
std::string without_header(std::string line) {
  if (line.starts_with("nginx: ")) return line.substr(7);
  const std::size_t level = line.find(" [");
  const std::size_t process = level == std::string::npos ? level : line.find("] ", level);
  const std::size_t text = process == std::string::npos ? process : line.find(": ", process);
  const bool is_log = text != std::string::npos &&
                      line.substr(process, text - process).find('#') != std::string::npos;
  return is_log ? line.substr(level + 1, process + 1 - level) + line.substr(text + 2) : line;
}

void read_answer(const std::string& output, TrialResult& result) {
  std::string last;
  for (std::size_t at = 0; at < output.size();) {
    const std::size_t end = std::min(output.find('\n', at), output.size());
    std::string line = without_header(output.substr(at, end - at));
    at = end + 1;
    if (line.empty()) continue;
    const bool is_fatal =
        line.find("[emerg]") != std::string::npos || line.find("[crit]") != std::string::npos;
    if (line.find("[warn]") != std::string::npos) result.warnings.push_back(line);
    else if (is_fatal && result.complaint.empty()) result.complaint = line;
    last = std::move(line);
  }
  if (result.is_accepted) result.complaint.clear();
  else if (result.complaint.empty()) result.complaint = last;
  result.is_permission =
      !result.is_accepted && result.complaint.find("(13: Permission denied)") != std::string::npos;
}

}  // namespace

Result<> check_who_wrote(const nginx::Configuration& configuration) {
  std::vector<std::string> paths;
  for (const auto& file : configuration.files()) paths.push_back(file->path);
  for (const nginx::Directive* const module : configuration.root().find("load_module")) {
    paths.push_back(configuration.full_path(module->argument(0), nginx::PathBase::prefix));
  }
  for (const std::string& path : paths) {
    // One that is gone by now is refused too: whoever took it away could write it. What a patch
    // brings is certificates, and not read here.
    TRY(open_trusted(std::filesystem::absolute(path).string()));
  }
  return success();
}

Result<TrialResult> try_configuration(const nginx::Configuration& configuration,
                                      const nginx::ConfigurationFiles& files,
                                      const std::map<std::string, std::string>& changed,
                                      const TrialOptions& options) {
  if (options.program.empty()) return fail(ErrorCode::not_found, "no nginx is installed here");
  if (!options.is_in_use) {
    TRY(check_who_wrote(configuration));
  }
  TRY(const ConfigurationCopy copy, ConfigurationCopy::create(configuration, files, changed));
  std::vector<std::string> arguments = {
      "nginx",          "-t", "-c",
      copy.main_path(), "-p", options.prefix.empty() ? configuration.prefix() : options.prefix};
  // What is wrong with a copy is no line for the log of the running one.
  if (options.version >= kErrorLogOption) arguments.insert(arguments.end(), {"-e", "stderr"});
  if (!copy.sets_pid()) arguments.insert(arguments.end(), {"-g", "pid " + copy.pid_path() + ";"});
  TRY(const ProgramRun run, run_program(options.program, arguments, options.time_limit));
  TrialResult result;
  result.is_accepted = run.succeeded();
  read_answer(copy.with_real_paths(run.output), result);
  return result;
}

}  // namespace handshaked::diagnose
