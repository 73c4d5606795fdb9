#include "nginx/configuration/lua_block.h"

#include <algorithm>
#include <string>

namespace handshaked::nginx {
namespace {

/// Behind a string that begins at `begin` with its quote; a line end ends it too, as Lua has no open strings.
std::size_t skip_string(std::string_view text, std::size_t begin) {
  const char quote = text[begin];
  for (std::size_t i = begin + 1; i < text.size(); ++i) {
    if (text[i] == '\\') ++i;
    else if (text[i] == quote) return i + 1;
    else if (text[i] == '\n') return i;
  }
  return text.size();
}

/// Behind a long bracket that begins at `begin` ("[[", "[=["); `begin` itself when there is none.
std::size_t skip_long_bracket(std::string_view text, std::size_t begin) {
  std::size_t i = begin + 1;
  while (i < text.size() && text[i] == '=') ++i;
  if (i >= text.size() || text[i] != '[') return begin;
  const std::string closing = "]" + std::string(i - begin - 1, '=') + "]";
  const std::size_t end = text.find(closing, i + 1);
  return end == std::string_view::npos ? text.size() : end + closing.size();
}

std::size_t skip_comment(std::string_view text, std::size_t begin) {
  const std::size_t body = begin + 2;
  if (body < text.size() && text[body] == '[') {
    const std::size_t end = skip_long_bracket(text, body);
    if (end != body) return end;
  }
  return std::min(text.find('\n', body), text.size());
}

}  // namespace

bool is_lua_block(std::string_view directive_name) { return directive_name.ends_with("_by_lua_block"); }

std::size_t find_lua_block_end(std::string_view text, std::size_t begin) {
  std::size_t depth = 1;
  for (std::size_t i = begin; i < text.size();) {
    switch (text[i]) {
      case '"':
      case '\'': i = skip_string(text, i); continue;
      case '[': i = std::max(skip_long_bracket(text, i), i + 1); continue;
      case '-':
        if (i + 1 < text.size() && text[i + 1] == '-') {
          i = skip_comment(text, i);
          continue;
        }
        break;
      case '{': ++depth; break;
      case '}':
        if (--depth == 0) return i;
        break;
      default: break;
    }
    ++i;
  }
  return text.size();
}

}  // namespace handshaked::nginx
