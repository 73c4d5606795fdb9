#include "config/config_file.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>

#include "config/sections/sections.h"
#include "config/table_reader.h"

namespace handshaked::config {
namespace {

constexpr std::pair<std::string_view, Language> kLanguages[] = {{"en", Language::en},
                                                                {"zh", Language::zh}};

void read_files(TableReader& table, Config& config) {
  FileSource source;
  source.discover = !table.has("paths");
  table.texts("paths", source.paths);
  table.flag("discover", source.discover);
  table.text("time_zone", source.time_zone);
  table.flag("from_start", source.from_start);
  if (source.paths.empty() && !source.discover)
    table.complain("paths must name at least one file, or discover must be true");
  const bool discovers_already = std::any_of(config.files.begin(), config.files.end(),
                                             [](const auto& other) { return other.discover; });
  if (source.discover && discovers_already)
    table.complain_about("discover",
                         "only one section [[files]] can discover logs: give paths to the others");
  config.files.push_back(std::move(source));
}

void read_journal(TableReader& table, Config& config) {
  JournalSource source;
  table.text("name", source.name);
  table.texts("units", source.units);
  table.texts("identifiers", source.identifiers);
  table.text("directory", source.directory);
  table.text("time_zone", source.time_zone);
  table.text("host", source.host);
  table.flag("from_start", source.from_start);
  if (source.units.empty() && source.identifiers.empty())
    table.complain("a [[journal]] needs units or identifiers");
  name_source(table, "journal", source.name, config.network_names);
  config.journals.push_back(std::move(source));
}

void read_root(TableReader& root, Config& config) {
  static const std::pair<std::string_view, std::string> kLevels[] = {
      {"debug", "debug"}, {"info", "info"}, {"warning", "warning"}, {"error", "error"}};
  root.text("host", config.host);
  root.choice("language", config.language, kLanguages);
  root.choice("log_level", config.log_level, kLevels);
  root.count("readers", config.readers, 1, 64);
  root.table("rules", [&](TableReader& table) {
    table.text("directory", config.rules_directory);
    table.text("public_key", config.rules_public_key);
  });
  root.table("state", [&](TableReader& table) {
    table.text("database", config.database);
    table.duration("retention", config.retention);
    std::uint64_t mebibytes = config.retention_bytes >> 20;
    table.count("retention_mib", mebibytes, 16, 1 << 20);
    config.retention_bytes = mebibytes << 20;
  });
  root.table("incidents", [&](TableReader& table) {
    table.duration("group_wait", config.group_wait);
    table.count("transport_lines", config.transport_lines, 1, 1'000'000);
    table.duration("transport_window", config.transport_window);
    table.duration("resolve_after", config.resolve_after);
    table.duration("reopen_within", config.reopen_within);
    table.count("max_incidents", config.max_incidents, 1, 1'000'000);
  });
  read_nginx_and_diagnosis(root, config);
  root.tables("files", [&](TableReader& table) { read_files(table, config); });
  root.tables("syslog", [&](TableReader& table) { read_syslog(table, config); });
  root.tables("http", [&](TableReader& table) { read_http(table, config); });
  root.tables("forward", [&](TableReader& table) { read_forward(table, config); });
  root.tables("lumberjack", [&](TableReader& table) { read_lumberjack(table, config); });
  root.tables("edge", [&](TableReader& table) { read_edge(table, config); });
  root.table("labels", [&](TableReader& table) { read_labels(table, config.labels); });
  root.tables("journal", [&](TableReader& table) { read_journal(table, config); });
  root.tables("nats", [&](TableReader& table) { read_nats(table, config); });
  root.tables("kafka", [&](TableReader& table) { read_kafka(table, config); });
  root.table("group", [&](TableReader& table) { read_group(table, config.group); });
  root.table("control", [&](TableReader& table) {
    table.text("socket", config.control.socket);
    table.text("group", config.control.group);
  });
  read_web(root, config);
  root.tables("route", [&](TableReader& table) { read_route(table, config); });
  root.tables("maintenance", [&](TableReader& table) { read_maintenance(table, config); });
  root.tables("receiver", [&](TableReader& table) { read_receiver(table, config); });
}

std::optional<std::string> read_text(const std::string& file,
                                     std::vector<ConfigProblem>& problems) {
  std::error_code error;
  if (std::filesystem::is_directory(file, error)) {
    problems.push_back({file, 0, 0, "is a directory"});
    return std::nullopt;
  }
  std::ifstream stream(file, std::ios::binary);
  if (!stream) {
    problems.push_back({file, 0, 0,
                        std::filesystem::exists(file, error) ? "cannot be read: permission denied"
                                                             : "does not exist"});
    return std::nullopt;
  }
  std::ostringstream text;
  text << stream.rdbuf();
  return text.str();
}

std::vector<std::string> drop_ins(const std::string& file) {
  std::vector<std::string> files;
  std::error_code error;
  std::filesystem::directory_iterator it(std::filesystem::path(file).parent_path() / "conf.d",
                                         error);
  for (const std::filesystem::directory_iterator end; !error && it != end; it.increment(error)) {
    if (it->path().extension() == ".toml") files.push_back(it->path().string());
  }
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace

void read_config(std::string_view toml, const std::string& file, LoadedConfig& loaded) {
  read_document(toml, file, loaded.problems,
                [&loaded](TableReader& root) { read_root(root, loaded.config); });
}

LoadedConfig load_config(const std::string& file, bool file_must_exist) {
  LoadedConfig loaded;
  std::error_code error;
  if (file_must_exist || std::filesystem::exists(file, error)) {
    if (const auto text = read_text(file, loaded.problems)) read_config(*text, file, loaded);
  }
  for (const std::string& drop_in : drop_ins(file)) {
    if (const auto text = read_text(drop_in, loaded.problems)) read_config(*text, drop_in, loaded);
  }
  if (loaded.config.files.empty() && loaded.config.network_names.empty())
    loaded.config.files.push_back({});
  check_group(loaded.config, file, loaded.problems);
  check_receivers(loaded.config, loaded.problems);
  if (loaded.config.receivers.empty()) loaded.config.receivers.emplace_back().name = "syslog";
  check_routes(loaded.config, loaded.problems);
  return loaded;
}

LoadedConfig load_named_config(const std::string& named) {
  return named.empty() ? load_config(std::string(kDefaultFile), false) : load_config(named, true);
}

}  // namespace handshaked::config
