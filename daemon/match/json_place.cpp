#include "match/json_place.h"

#include <algorithm>
#include <charconv>
#include <string>

namespace handshaked::match {
namespace {

constexpr auto npos = std::string_view::npos;

/// Walks over valid JSON; on anything else it stops at the end.
class Walker {
 public:
  explicit Walker(std::string_view json) : json_(json) {}

  std::size_t place_of(std::string_view pointer) {
    skip_space();
    while (!pointer.empty()) {
      pointer.remove_prefix(1);
      const auto end = std::min(pointer.find('/'), pointer.size());
      const std::size_t before = at_;
      if (!enter(pointer.substr(0, end))) return before;
      pointer.remove_prefix(end);
    }
    return at_;
  }

 private:
  bool more() const { return at_ < json_.size(); }
  void skip_space() { at_ = std::min(json_.find_first_not_of(" \t\r\n", at_), json_.size()); }

  std::string_view read_string() {
    const std::size_t begin = ++at_;
    while (more() && json_[at_] != '"') at_ += json_[at_] == '\\' ? 2U : 1U;
    const std::size_t end = std::min(at_, json_.size());
    at_ = std::min(at_ + 1, json_.size());
    return json_.substr(begin, end - begin);
  }

  void skip_value() {
    int depth = 0;
    do {
      if (!more()) return;
      const char c = json_[at_];
      if (c == '"') {
        read_string();
        continue;
      }
      if (c == '{' || c == '[') ++depth;
      if (c == '}' || c == ']') --depth;
      if (depth < 0) return;  // the end of what the value stands in
      ++at_;
    } while (depth > 0 || (more() && std::string_view(",}]").find(json_[at_]) == npos));
  }

  /// Moves to the member or item `key` of the value that begins here.
  bool enter(std::string_view key) {
    if (!more()) return false;
    const char open = json_[at_];
    if (open != '{' && open != '[') return false;
    std::size_t wanted = 0;
    if (open == '[') std::from_chars(key.data(), key.data() + key.size(), wanted);
    ++at_;
    for (std::size_t index = 0; more(); ++index) {
      skip_space();
      if (!more() || json_[at_] == '}' || json_[at_] == ']') return false;
      std::string_view name;
      if (open == '{') {
        name = read_string();
        at_ = std::min(json_.find(':', at_), json_.size() - 1) + 1;
        skip_space();
      }
      if (open == '{' ? name == key : index == wanted) return true;
      skip_value();
      skip_space();
      if (more() && json_[at_] == ',') ++at_;
    }
    return false;
  }

  std::string_view json_;
  std::size_t at_ = 0;
};

}  // namespace

unsigned line_of_pointer(std::string_view json, std::string_view pointer) {
  const std::size_t place = std::min(Walker(json).place_of(pointer), json.size());
  return 1 + static_cast<unsigned>(
                 std::count(json.begin(), json.begin() + static_cast<std::ptrdiff_t>(place), '\n'));
}

}  // namespace handshaked::match
