#include "cli/operator/daemon_answer.h"

#include <simdjson.h>

#include "base/text/visible_text.h"
namespace handshaked::cli {

using simdjson::dom::element;

std::string text_of(const element& from, std::string_view key) {
  element value;
  if (from[key].get(value) != simdjson::SUCCESS) return {};
  std::string_view text;
  if (value.get(text) == simdjson::SUCCESS) return visible_text(text);
  return visible_text(simdjson::minify(value));
}

bool flag_of(const element& from, std::string_view key) {
  bool value = false;
  return from[key].get(value) == simdjson::SUCCESS && value;
}

std::uint64_t number_of(const element& from, std::string_view key) {
  std::uint64_t value = 0;
  return from[key].get(value) == simdjson::SUCCESS ? value : 0;
}

double real_of(const element& from, std::string_view key) {
  double value = 0;
  return from[key].get(value) == simdjson::SUCCESS ? value : 0;
}

std::vector<element> list_of(const element& from, std::string_view key) {
  simdjson::dom::array list;
  if (from[key].get(list) != simdjson::SUCCESS) return {};
  return {list.begin(), list.end()};
}

std::string texts_of(const element& from, std::string_view key) {
  std::string text;
  for (const element& item : list_of(from, key)) {
    std::string_view value;
    if (item.get(value) == simdjson::SUCCESS)
      text += (text.empty() ? "" : ", ") + visible_text(value);
  }
  return text;
}

std::string moment_text(std::string rfc3339) {
  if (rfc3339.size() < 19) return rfc3339;
  rfc3339.resize(19);
  rfc3339[10] = ' ';
  return rfc3339 + " UTC";
}

std::string moment(const element& from, std::string_view key) {
  return moment_text(text_of(from, key));
}

}  // namespace handshaked::cli
