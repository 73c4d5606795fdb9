#include "base/json/json_escapes.h"

#include "base/json/json_text.h"
#include "base/text/utf8.h"

namespace handshaked {

std::string with_escapes(std::string_view json) {
  constexpr unsigned char kDelete = 0x7F;
  std::string out, quoted;
  out.reserve(json.size());
  while (!json.empty()) {
    const bool is_plain = static_cast<unsigned char>(json.front()) < kDelete;  // below it: white space between values, or no JSON
    const std::string_view character = json.substr(0, is_plain ? 1 : next_utf8_step(json).length);
    if (is_plain) {
      out += character;
    } else {
      quoted.clear();
      append_json_string(quoted, character);
      out.append(quoted, 1, quoted.size() - 2);
    }
    json.remove_prefix(character.size());
  }
  return out;
}

}  // namespace handshaked
