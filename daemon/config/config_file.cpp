#include "config/config_file.h"

#include <toml++/toml.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <optional>
#include <set>
#include <sstream>

namespace handshaked::config {
namespace {

/// "250ms", "10s", "5m", "4h", "90d".
std::optional<milliseconds> read_duration(std::string_view text) {
  static constexpr std::pair<std::string_view, std::int64_t> kUnits[] = {
      {"ms", 1}, {"s", 1000}, {"m", 60'000}, {"h", 3'600'000}, {"d", 86'400'000}};
  std::int64_t number = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failure != std::errc() || number < 0 || number > 1'000'000'000) return std::nullopt;
  const std::string_view unit(end, static_cast<std::size_t>(text.data() + text.size() - end));
  for (const auto& [name, factor] : kUnits) {
    if (unit == name) return milliseconds(number * factor);
  }
  return std::nullopt;
}

/// Reads one table: asks for the keys that it may have, and finally complains about all others.
class TableReader {
 public:
  TableReader(const toml::table& table, std::string where, const std::string& file, std::vector<ConfigProblem>& problems)
      : table_(table), where_(std::move(where)), file_(file), problems_(problems) {}

  ~TableReader() {
    for (const auto& [key, node] : table_) {
      if (!known_.contains(std::string(key.str())))
        problem(key.source(), "unknown key \"" + std::string(key.str()) + "\"" + in_where() + suggestion(key.str()));
    }
  }
  TableReader(const TableReader&) = delete;
  TableReader& operator=(const TableReader&) = delete;

  void text(std::string_view key, std::string& into) {
    if (const auto* node = find(key)) {
      if (const auto value = node->value_exact<std::string>()) into = *value;
      else wrong_type(*node, key, "a string");
    }
  }
  void flag(std::string_view key, bool& into) {
    if (const auto* node = find(key)) {
      if (const auto value = node->value_exact<bool>()) into = *value;
      else wrong_type(*node, key, "true or false");
    }
  }
  template <class T>
  void count(std::string_view key, T& into, std::int64_t least, std::int64_t most) {
    const auto* node = find(key);
    if (node == nullptr) return;
    const auto value = node->value_exact<std::int64_t>();
    if (value && *value >= least && *value <= most) into = static_cast<T>(*value);
    else wrong_type(*node, key, "a whole number from " + std::to_string(least) + " to " + std::to_string(most));
  }
  template <class D>
  void duration(std::string_view key, D& into) {
    const auto* node = find(key);
    if (node == nullptr) return;
    const auto value = node->value_exact<std::string>();
    if (const auto read = value ? read_duration(*value) : std::nullopt) into = std::chrono::duration_cast<D>(*read);
    else wrong_type(*node, key, "a duration such as \"10s\", \"5m\", \"4h\" or \"90d\"");
  }
  template <class T, std::size_t N>
  void choice(std::string_view key, T& into, const std::pair<std::string_view, T> (&values)[N]) {
    const auto* node = find(key);
    if (node == nullptr) return;
    const auto value = node->value_exact<std::string>();
    std::string allowed;
    for (const auto& [name, meaning] : values) {
      if (value && *value == name) {
        into = meaning;
        return;
      }
      allowed += (allowed.empty() ? "\"" : ", \"") + std::string(name) + "\"";
    }
    wrong_type(*node, key, "one of " + allowed);
  }
  void texts(std::string_view key, std::vector<std::string>& into) {
    const auto* node = find(key);
    if (node == nullptr) return;
    const auto* list = node->as_array();
    if (list == nullptr) {
      wrong_type(*node, key, "an array of strings");
      return;
    }
    into.clear();
    for (const auto& item : *list) {
      if (const auto value = item.value_exact<std::string>()) into.push_back(*value);
      else wrong_type(item, key, "an array of strings");
    }
  }
  template <class Visit>
  void table(std::string_view key, Visit visit) {
    const auto* node = find(key);
    if (node == nullptr) return;
    if (const auto* inner = node->as_table()) {
      TableReader reader(*inner, std::string(key), file_, problems_);
      visit(reader);
    } else {
      wrong_type(*node, key, "a table");
    }
  }
  template <class Visit>
  void tables(std::string_view key, Visit visit) {
    const auto* node = find(key);
    if (node == nullptr) return;
    const auto* list = node->as_array();
    if (list == nullptr || !list->is_homogeneous(toml::node_type::table)) {
      wrong_type(*node, key, "an array of tables: [[" + std::string(key) + "]]");
      return;
    }
    for (const auto& item : *list) {
      TableReader reader(*item.as_table(), "[" + std::string(key) + "]", file_, problems_);
      visit(reader);
    }
  }
  bool has(std::string_view key) const { return table_.contains(key); }
  void complain(std::string reason) { problem(table_.source(), std::move(reason)); }

 private:
  const toml::node* find(std::string_view key) {
    known_.insert(std::string(key));
    return table_.get(key);
  }
  std::string in_where() const { return where_.empty() ? std::string() : " in [" + where_ + "]"; }
  void wrong_type(const toml::node& node, std::string_view key, const std::string& wanted) {
    problem(node.source(), std::string(key) + " must be " + wanted);
  }
  void problem(const toml::source_region& at, std::string reason) {
    problems_.push_back({file_, at.begin.line, at.begin.column, std::move(reason)});
  }
  /// A known key that differs in one place only.
  std::string suggestion(std::string_view key) const {
    for (const std::string& known : known_) {
      const auto [a, b] = std::mismatch(key.begin(), key.end(), known.begin(), known.end());
      const auto rest_key = static_cast<std::size_t>(key.end() - a);
      const auto rest_known = static_cast<std::size_t>(known.end() - b);
      const bool swapped = rest_key == rest_known && rest_key > 0 && std::equal(a + 1, key.end(), b + 1);
      const bool shorter = rest_key + 1 == rest_known && std::equal(a, key.end(), b + 1);
      const bool longer = rest_key == rest_known + 1 && std::equal(a + 1, key.end(), b);
      if (swapped || shorter || longer) return "; did you mean \"" + known + "\"?";
    }
    return {};
  }

  const toml::table& table_;
  std::string where_;
  const std::string& file_;
  std::vector<ConfigProblem>& problems_;
  std::set<std::string> known_;
};

constexpr std::pair<std::string_view, Language> kLanguages[] = {{"en", Language::en}, {"zh", Language::zh}};

void read_files(TableReader& table, Config& config) {
  FileSource source;
  table.texts("paths", source.paths);
  table.text("time_zone", source.time_zone);
  table.flag("from_start", source.from_start);
  if (source.paths.empty()) table.complain("paths must name at least one file");
  config.files.push_back(std::move(source));
}

void read_receiver(TableReader& table, Config& config) {
  static constexpr std::pair<std::string_view, Receiver::Type> kTypes[] = {{"webhook", Receiver::Type::webhook},
                                                                           {"syslog", Receiver::Type::syslog}};
  static constexpr std::string_view kFacilities[] = {"user",   "daemon", "authpriv", "local0", "local1", "local2",
                                                     "local3", "local4", "local5",   "local6", "local7"};
  Receiver receiver;
  receiver.language = config.language;
  if (!table.has("type")) table.complain("a receiver needs a type: \"webhook\" or \"syslog\"");
  table.choice("type", receiver.type, kTypes);
  table.text("name", receiver.name);
  table.choice("language", receiver.language, kLanguages);
  table.flag("show_clients", receiver.show_clients);
  table.duration("timeout", receiver.timeout);
  table.text("ca_file", receiver.ca_file);
  table.text("client_certificate", receiver.client_certificate);
  table.text("client_key", receiver.client_key);
  if (receiver.type == Receiver::Type::webhook) {
    table.text("url", receiver.url);
    table.texts("secret_files", receiver.secret_files);
    if (!receiver.url.starts_with("https://") && !receiver.url.starts_with("http://"))
      table.complain("a webhook needs a url that begins with https:// or http://");
  } else {
    table.text("address", receiver.address);
    table.text("facility", receiver.facility);
    const auto is = [&](std::string_view scheme) { return receiver.address.starts_with(scheme); };
    if (!is("udp://") && !is("tcp://") && !is("tls://") && !is("unix:/"))
      table.complain("address must be udp://HOST:PORT, tcp://HOST:PORT, tls://HOST:PORT or unix:/PATH");
    if (std::find(std::begin(kFacilities), std::end(kFacilities), receiver.facility) == std::end(kFacilities))
      table.complain("\"" + receiver.facility + "\" is no facility for us; one of user, daemon, authpriv, local0 to local7");
  }
  if (receiver.name.empty()) receiver.name = receiver.type == Receiver::Type::webhook ? "webhook" : "syslog";
  const bool taken =
      std::any_of(config.receivers.begin(), config.receivers.end(), [&](const Receiver& other) { return other.name == receiver.name; });
  if (taken) table.complain("two receivers are named \"" + receiver.name + "\"; give each a name of its own");
  config.receivers.push_back(std::move(receiver));
}

void read_root(TableReader& root, Config& config) {
  static const std::pair<std::string_view, std::string> kLevels[] = {
      {"debug", "debug"}, {"info", "info"}, {"warning", "warning"}, {"error", "error"}};
  root.text("host", config.host);
  root.choice("language", config.language, kLanguages);
  root.choice("log_level", config.log_level, kLevels);
  root.count("readers", config.readers, 1, 64);
  root.table("rules", [&](TableReader& table) { table.text("directory", config.rules_directory); });
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
    table.count("max_incidents", config.max_incidents, 1, 1'000'000);
  });
  root.tables("files", [&](TableReader& table) { read_files(table, config); });
  root.tables("receiver", [&](TableReader& table) { read_receiver(table, config); });
}

std::optional<std::string> read_text(const std::string& file, std::vector<ConfigProblem>& problems) {
  std::error_code error;
  if (std::filesystem::is_directory(file, error)) {
    problems.push_back({file, 0, 0, "is a directory"});
    return std::nullopt;
  }
  std::ifstream stream(file, std::ios::binary);
  if (!stream) {
    problems.push_back({file, 0, 0, std::filesystem::exists(file, error) ? "cannot be read: permission denied" : "does not exist"});
    return std::nullopt;
  }
  std::ostringstream text;
  text << stream.rdbuf();
  return text.str();
}

std::vector<std::string> drop_ins(const std::string& file) {
  std::vector<std::string> files;
  std::error_code error;
  std::filesystem::directory_iterator it(std::filesystem::path(file).parent_path() / "conf.d", error);
  for (const std::filesystem::directory_iterator end; !error && it != end; it.increment(error)) {
    if (it->path().extension() == ".toml") files.push_back(it->path().string());
  }
  std::sort(files.begin(), files.end());
  return files;
}

/// Where a character beyond ASCII stands outside of strings and comments, if anywhere. TOML allows none there, and toml++ 3.3.0
/// runs into undefined behaviour.
std::optional<std::size_t> find_stray_character(std::string_view toml) {
  std::string_view closing;  // of the string that we are in
  for (std::size_t at = 0; at < toml.size(); ++at) {
    if (!closing.empty()) {
      if (closing.front() == '"' && toml[at] == '\\') ++at;
      else if (toml.substr(at).starts_with(closing) || (closing.size() == 1 && toml[at] == '\n')) {
        at += closing.size() - 1;
        closing = {};
      }
      continue;
    }
    const std::string_view rest = toml.substr(at);
    if (rest.front() == '#') {
      at = std::min(toml.find('\n', at), toml.size());
    } else if (rest.starts_with("\"\"\"") || rest.starts_with("'''")) {
      closing = rest.substr(0, 3);
      at += 2;
    } else if (rest.front() == '"' || rest.front() == '\'') {
      closing = rest.substr(0, 1);
    } else if (static_cast<unsigned char>(rest.front()) >= 0x80) {
      const bool is_byte_order_mark = at == 0 && rest.starts_with("\xEF\xBB\xBF");
      if (!is_byte_order_mark) return at;
      at += 2;
    }
  }
  return std::nullopt;
}

}  // namespace

std::string ConfigProblem::message() const {
  std::string text = file;
  if (line != 0) text += ":" + std::to_string(line) + ":" + std::to_string(column);
  return text + ": " + reason;
}

void read_config(std::string_view toml, const std::string& file, LoadedConfig& loaded) {
  if (const auto stray = find_stray_character(toml)) {
    const std::string_view before = toml.substr(0, *stray);
    const auto line = static_cast<unsigned>(std::count(before.begin(), before.end(), '\n')) + 1;
    const auto column = static_cast<unsigned>(*stray - (before.rfind('\n') + 1)) + 1;
    loaded.problems.push_back({file, line, column, "a character beyond ASCII outside of a string"});
    return;
  }
  try {
    const toml::table table = toml::parse(toml, std::string_view(file));
    TableReader root(table, "", file, loaded.problems);
    read_root(root, loaded.config);
  } catch (const toml::parse_error& error) {
    loaded.problems.push_back({file, error.source().begin.line, error.source().begin.column, std::string(error.description())});
  }
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
  if (loaded.config.files.empty()) loaded.config.files.push_back({});
  if (loaded.config.receivers.empty()) loaded.config.receivers.emplace_back().name = "syslog";
  return loaded;
}

}  // namespace handshaked::config
