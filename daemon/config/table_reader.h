#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace handshaked::config {

/// What is wrong with a configuration, and where. Line 0: the file as a whole.
struct ConfigProblem {
  std::string file;
  unsigned line = 0;
  unsigned column = 0;
  std::string reason;

  /// "file:line:column: reason".
  std::string message() const;
};

/// Reads one TOML table: asks for the keys that it may have, and when it goes complains about all
/// others. Wrong types and values become problems with line and column, and leave the target as it
/// was. A section is a function of a TableReader and what it fills; it stands in a file of its own
/// and never sees the TOML library. Lives only while the document is read.
class TableReader {
 public:
  /// `table` is a toml::table.
  TableReader(const void* table, std::string where, const std::string& file,
              std::vector<ConfigProblem>& problems);
  ~TableReader();
  TableReader(const TableReader&) = delete;
  TableReader& operator=(const TableReader&) = delete;

  void text(std::string_view key, std::string& into);
  void flag(std::string_view key, bool& into);
  void texts(std::string_view key, std::vector<std::string>& into);

  /// A whole number from `least` to `most`.
  template <class T>
  void count(std::string_view key, T& into, std::int64_t least, std::int64_t most) {
    if (const auto number = whole_number(key, least, most)) into = static_cast<T>(*number);
  }

  /// "250ms", "10s", "5m", "4h", "90d".
  template <class D>
  void duration(std::string_view key, D& into) {
    if (const auto read = milliseconds_of(key)) into = std::chrono::duration_cast<D>(*read);
  }

  /// A list of them.
  void durations(std::string_view key, std::vector<std::chrono::seconds>& into);

  /// One of a few words, each with its meaning.
  template <class T, std::size_t N>
  void choice(std::string_view key, T& into, const std::pair<std::string_view, T> (&values)[N]) {
    std::vector<std::string_view> names;
    for (const auto& [name, meaning] : values) names.push_back(name);
    if (const auto index = word_of(key, names)) into = values[*index].second;
  }

  /// [key]
  void table(std::string_view key, const std::function<void(TableReader&)>& visit);
  /// [[key]], in order.
  void tables(std::string_view key, const std::function<void(TableReader&)>& visit);

  bool has(std::string_view key) const;
  /// All keys that it has: for tables whose keys the operator chooses.
  std::vector<std::string> names() const;
  /// A problem at the table's own place.
  void complain(std::string reason);
  /// A problem at the place of a key; at the table's if it is not there.
  void complain_about(std::string_view key, std::string reason);

  const std::string& file() const { return file_; }
  /// Where the table begins.
  unsigned line() const;

 private:
  std::optional<std::int64_t> whole_number(std::string_view key, std::int64_t least,
                                           std::int64_t most);
  std::optional<std::chrono::milliseconds> milliseconds_of(std::string_view key);
  std::optional<std::size_t> word_of(std::string_view key, std::span<const std::string_view> names);
  void know(std::string_view key) { known_.insert(std::string(key)); }
  void wrong_type(const void* node, std::string_view key, const std::string& wanted);
  void problem(const void* node, std::string reason);
  std::string suggestion(std::string_view key) const;

  const void* table_;
  std::string where_;
  const std::string& file_;
  std::vector<ConfigProblem>& problems_;
  std::set<std::string, std::less<>> known_;
};

/// Parses `toml` and gives its root to `visit`. What breaks TOML's grammar becomes a problem, and
/// `visit` is not called.
void read_document(std::string_view toml, const std::string& file,
                   std::vector<ConfigProblem>& problems,
                   const std::function<void(TableReader&)>& visit);

}  // namespace handshaked::config
