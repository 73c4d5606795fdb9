#include "config/table_reader.h"

// The only file that includes toml++: it is slow to compile.
#include <toml++/toml.h>

#include <algorithm>
#include <charconv>

namespace handshaked::config {
namespace {

using std::chrono::milliseconds;

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

/// Where a character beyond ASCII stands outside of strings and comments, if anywhere. TOML allows
/// none there, and toml++ 3.3.0 runs into undefined behaviour.
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

const toml::table& table_at(const void* table) { return *static_cast<const toml::table*>(table); }
const toml::node& node_at(const void* node) { return *static_cast<const toml::node*>(node); }

}  // namespace

std::string ConfigProblem::message() const {
  std::string text = file;
  if (line != 0) text += ":" + std::to_string(line) + ":" + std::to_string(column);
  return text + ": " + reason;
}

TableReader::TableReader(const void* table, std::string where, const std::string& file,
                         std::vector<ConfigProblem>& problems)
    : table_(table), where_(std::move(where)), file_(file), problems_(problems) {}

TableReader::~TableReader() {
  for (const auto& [key, node] : table_at(table_)) {
    if (known_.contains(key.str())) continue;
    const std::string in_where = where_.empty() ? std::string() : " in [" + where_ + "]";
    const toml::source_position at = key.source().begin;
    problems_.push_back(
        {file_, at.line, at.column,
         "unknown key \"" + std::string(key.str()) + "\"" + in_where + suggestion(key.str())});
  }
}

void TableReader::text(std::string_view key, std::string& into) {
  know(key);
  const toml::node* const node = table_at(table_).get(key);
  if (node == nullptr) return;
  if (auto value = node->value_exact<std::string>()) into = std::move(*value);
  else wrong_type(node, key, "a string");
}

void TableReader::flag(std::string_view key, bool& into) {
  know(key);
  const toml::node* const node = table_at(table_).get(key);
  if (node == nullptr) return;
  if (const auto value = node->value_exact<bool>()) into = *value;
  else wrong_type(node, key, "true or false");
}

void TableReader::texts(std::string_view key, std::vector<std::string>& into) {
  know(key);
  const toml::node* const node = table_at(table_).get(key);
  if (node == nullptr) return;
  const toml::array* const list = node->as_array();
  if (list == nullptr) {
    wrong_type(node, key, "an array of strings");
    return;
  }
  into.clear();
  for (const toml::node& item : *list) {
    if (auto value = item.value_exact<std::string>()) into.push_back(std::move(*value));
    else wrong_type(&item, key, "an array of strings");
  }
}

void TableReader::durations(std::string_view key, std::vector<std::chrono::seconds>& into) {
  if (!has(key)) return;
  std::vector<std::string> written;
  texts(key, written);
  into.clear();
  for (const std::string& one : written) {
    if (const auto duration = read_duration(one))
      into.push_back(std::chrono::duration_cast<std::chrono::seconds>(*duration));
    else
      complain_about(key, std::string(key) + " holds \"" + one +
                              "\", which is not a duration such as \"12h\" or \"30d\"");
  }
}

std::optional<std::int64_t> TableReader::whole_number(std::string_view key, std::int64_t least,
                                                      std::int64_t most) {
  know(key);
  const toml::node* const node = table_at(table_).get(key);
  if (node == nullptr) return std::nullopt;
  const auto value = node->value_exact<std::int64_t>();
  if (value && *value >= least && *value <= most) return *value;
  wrong_type(node, key,
             "a whole number from " + std::to_string(least) + " to " + std::to_string(most));
  return std::nullopt;
}

std::optional<milliseconds> TableReader::milliseconds_of(std::string_view key) {
  know(key);
  const toml::node* const node = table_at(table_).get(key);
  if (node == nullptr) return std::nullopt;
  const auto value = node->value_exact<std::string>();
  const auto duration = value ? read_duration(*value) : std::nullopt;
  if (!duration) wrong_type(node, key, "a duration such as \"10s\", \"5m\", \"4h\" or \"90d\"");
  return duration;
}

std::optional<std::size_t> TableReader::word_of(std::string_view key,
                                                std::span<const std::string_view> names) {
  know(key);
  const toml::node* const node = table_at(table_).get(key);
  if (node == nullptr) return std::nullopt;
  const auto value = node->value_exact<std::string>();
  std::string allowed;
  for (std::size_t index = 0; index < names.size(); ++index) {
    if (value && *value == names[index]) return index;
    allowed += (allowed.empty() ? "\"" : ", \"") + std::string(names[index]) + "\"";
  }
  wrong_type(node, key, "one of " + allowed);
  return std::nullopt;
}

void TableReader::table(std::string_view key, const std::function<void(TableReader&)>& visit) {
  know(key);
  const toml::node* const node = table_at(table_).get(key);
  if (node == nullptr) return;
  if (const toml::table* const inner = node->as_table()) {
    TableReader reader(inner, std::string(key), file_, problems_);
    visit(reader);
  } else {
    wrong_type(node, key, "a table");
  }
}

void TableReader::tables(std::string_view key, const std::function<void(TableReader&)>& visit) {
  know(key);
  const toml::node* const node = table_at(table_).get(key);
  if (node == nullptr) return;
  const toml::array* const list = node->as_array();
  if (list == nullptr || !list->is_homogeneous(toml::node_type::table)) {
    wrong_type(node, key, "an array of tables: [[" + std::string(key) + "]]");
    return;
  }
  for (const toml::node& item : *list) {
    TableReader reader(item.as_table(), "[" + std::string(key) + "]", file_, problems_);
    visit(reader);
  }
}

std::vector<std::string> TableReader::names() const {
  std::vector<std::string> names;
  for (const auto& [key, node] : table_at(table_)) names.emplace_back(key.str());
  return names;
}

bool TableReader::has(std::string_view key) const { return table_at(table_).contains(key); }

void TableReader::complain(std::string reason) {
  problem(static_cast<const toml::node*>(&table_at(table_)), std::move(reason));
}

void TableReader::complain_about(std::string_view key, std::string reason) {
  const toml::node* const node = table_at(table_).get(key);
  problem(node != nullptr ? node : static_cast<const toml::node*>(&table_at(table_)),
          std::move(reason));
}

unsigned TableReader::line() const { return table_at(table_).source().begin.line; }

void TableReader::wrong_type(const void* node, std::string_view key, const std::string& wanted) {
  problem(node, std::string(key) + " must be " + wanted);
}

void TableReader::problem(const void* node, std::string reason) {
  const toml::source_position at = node_at(node).source().begin;
  problems_.push_back({file_, at.line, at.column, std::move(reason)});
}

/// A known key that differs in one place only.
std::string TableReader::suggestion(std::string_view key) const {
  for (const std::string& known : known_) {
    const auto [a, b] = std::mismatch(key.begin(), key.end(), known.begin(), known.end());
    const auto rest_key = static_cast<std::size_t>(key.end() - a);
    const auto rest_known = static_cast<std::size_t>(known.end() - b);
    const bool swapped =
        rest_key == rest_known && rest_key > 0 && std::equal(a + 1, key.end(), b + 1);
    const bool shorter = rest_key + 1 == rest_known && std::equal(a, key.end(), b + 1);
    const bool longer = rest_key == rest_known + 1 && std::equal(a + 1, key.end(), b);
    if (swapped || shorter || longer) return "; did you mean \"" + known + "\"?";
  }
  return {};
}

void read_document(std::string_view toml, const std::string& file,
                   std::vector<ConfigProblem>& problems,
                   const std::function<void(TableReader&)>& visit) {
  if (const auto stray = find_stray_character(toml)) {
    const std::string_view before = toml.substr(0, *stray);
    const auto line = static_cast<unsigned>(std::count(before.begin(), before.end(), '\n')) + 1;
    const auto column = static_cast<unsigned>(*stray - (before.rfind('\n') + 1)) + 1;
    problems.push_back({file, line, column, "a non-ASCII character outside a string"});
    return;
  }
  try {
    const toml::table table = toml::parse(toml, std::string_view(file));
    TableReader root(&table, "", file, problems);
    visit(root);
  } catch (const toml::parse_error& error) {
    problems.push_back({file, error.source().begin.line, error.source().begin.column,
                        std::string(error.description())});
  }
}

}  // namespace handshaked::config
