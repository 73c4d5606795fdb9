#include "cli/document/json_layout.h"

#include <algorithm>

#include "base/json/json_text.h"

namespace handshaked::cli {

std::string laid_out(std::string_view json) {
  std::string out;
  std::size_t depth = 0;
  const auto new_line = [&] {
    out += '\n';
    out.append(2 * depth, ' ');
  };
  for (std::size_t at = 0; at < json.size(); ++at) {
    const char c = json[at];
    if (c == '"') {
      std::size_t end = at + 1;
      while (end < json.size() && json[end] != '"') end += json[end] == '\\' ? 2U : 1U;
      out += with_escapes(json.substr(at, end + 1 - at));
      at = std::min(end, json.size() - 1);
    } else if (c == '{' || c == '[') {
      out += c;
      const auto next = json.find_first_not_of(" \t\r\n", at + 1);
      if (next != std::string_view::npos && (json[next] == '}' || json[next] == ']')) {
        out += json[next];
        at = next;
        continue;
      }
      ++depth;
      new_line();
    } else if (c == '}' || c == ']') {
      depth -= depth > 0 ? 1U : 0U;
      new_line();
      out += c;
    } else if (c == ',') {
      out += c;
      new_line();
    } else if (c == ':') {
      out += ": ";
    } else if (c != ' ' && c != '\t' && c != '\r' && c != '\n') {
      out += c;
    }
  }
  return out + "\n";
}

}  // namespace handshaked::cli
