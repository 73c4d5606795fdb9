#include "cli/operator/daemon_question.h"

#include <simdjson.h>

#include <algorithm>

#include "base/text/shell_word.h"
#include "cli/log/log_reading.h"
#include "config/config_file.h"
#include "control/control_client.h"
#include "parse/time_zone.h"

namespace handshaked::cli {
namespace {

using simdjson::dom::element;

std::string raw_text(const element& from, std::string_view key) {
  std::string_view text;
  return from[key].get(text) == simdjson::SUCCESS ? std::string(text) : std::string();
}

std::vector<std::string> raw_texts(const element& from, std::string_view key) {
  std::vector<std::string> texts;
  simdjson::dom::array list;
  if (from[key].get(list) != simdjson::SUCCESS) return texts;
  for (const element item : list) {
    if (std::string_view text; item.get(text) == simdjson::SUCCESS) texts.emplace_back(text);
  }
  return texts;
}

Time time_in(const element& from, std::string_view key) {
  const auto parsed = parse::parse_rfc3339(raw_text(from, key));
  return parsed ? parsed->utc : Time{};
}

Result<DaemonIncident> read_incident(const std::string& json) {
  simdjson::dom::parser parser;
  element root, incident;
  if (parser.parse(json).get(root) != simdjson::SUCCESS ||
      root["incident"].get(incident) != simdjson::SUCCESS)
    return fail(ErrorCode::invalid_input, "the daemon's answer has an unexpected form");
  DaemonIncident known;
  known.id = raw_text(incident, "id");
  known.status = raw_text(incident, "status");
  known.daemon_host = raw_text(root, "daemon_host");
  known.hosts = raw_texts(incident, "hosts");
  known.sample_lines = raw_texts(incident, "sample_lines");
  known.opened_at = time_in(incident, "opened_at");
  known.last_seen_at = time_in(incident, "last_seen_at");
  if (std::uint64_t count = 0; incident["count"].get(count) == simdjson::SUCCESS)
    known.count = count;
  if (element rule; root["rule"].get(rule) == simdjson::SUCCESS) known.rule = raw_text(rule, "id");
  return known;
}

}  // namespace

bool DaemonIncident::is_of_this_host() const {
  return daemon_host.empty() || hosts.empty() ||
         std::any_of(hosts.begin(), hosts.end(), [this](const std::string& host) {
           return host.empty() || host == daemon_host;
         });
}

std::string command_options(const DaemonAddress& address) {
  std::string options;
  if (!address.config_file.empty()) options = "-c " + shell_word(address.config_file);
  if (!address.socket.empty())
    options += (options.empty() ? "--socket " : " --socket ") + shell_word(address.socket);
  return options;
}

std::optional<std::string> find_socket(const DaemonAddress& address) {
  if (!address.socket.empty()) return address.socket;
  const auto loaded = config::load_named_config(address.config_file);
  for (const config::ConfigProblem& problem : loaded.problems)
    complain_about(Error(ErrorCode::invalid_configuration, problem.message()));
  if (!loaded.problems.empty()) return std::nullopt;
  if (!loaded.config.control.socket.empty()) return loaded.config.control.socket;
  complain_about(Error(ErrorCode::invalid_configuration,
                       "the control socket is disabled in the configuration"));
  return std::nullopt;
}

DiagnosisSettings diagnosis_settings(const DaemonAddress& address) {
  auto loaded = config::load_named_config(address.config_file);
  if (loaded.problems.empty())
    return {std::move(loaded.config.diagnosis.allow), std::move(loaded.config.diagnosis.ca_stores),
            std::move(loaded.config.nginx.configuration), std::move(loaded.config.nginx.prefix)};
  if (address.config_file.empty()) return {};
  for (const config::ConfigProblem& problem : loaded.problems)
    complain_about(Error(ErrorCode::invalid_configuration, problem.message()));
  return {};
}

void complain_about_answer(const std::string& message) {
  for (std::size_t at = 0; at <= message.size();) {
    const std::size_t end = std::min(message.find('\n', at), message.size());
    complain_about(Error(ErrorCode::invalid_input, message.substr(at, end - at)));
    at = end + 1;
  }
}

Result<std::optional<DaemonIncident>> ask_for_incident(const std::string& name,
                                                       const std::string& socket) {
  control::ControlRequest request;
  request.verb = "incidents.show";
  request.arguments.emplace("id", std::vector{name});
  TRY(const control::ControlAnswer answer, control::ask_daemon(socket, request));
  if (!answer.is_ok && answer.code == "not_found") return std::optional<DaemonIncident>();
  if (!answer.is_ok) return fail(ErrorCode::invalid_input, answer.message);
  TRY(DaemonIncident known, read_incident(answer.result));
  return std::optional(std::move(known));
}

}  // namespace handshaked::cli
