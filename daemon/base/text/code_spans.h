#pragma once

#include <string_view>

namespace handshaked {

/// Prose with commands in it: "`nginx -t && nginx -s reload`, then look again", as texts of the
/// knowledge base are written. Calls `visit(part, is_code)` for each part in order, without the
/// backticks. A backtick that has no partner in its line, or nothing between, is text.
template <class Visit>
void each_code_span(std::string_view prose, Visit visit) {
  std::size_t begin = 0;
  for (std::size_t open = prose.find('`'); open != std::string_view::npos;) {
    const std::size_t close = prose.find_first_of("`\n", open + 1);
    if (close == std::string_view::npos) break;
    if (prose[close] == '\n' || close == open + 1) {
      open = prose.find('`', close + (prose[close] == '\n' ? 0 : 1));
      continue;
    }
    if (open > begin) visit(prose.substr(begin, open - begin), false);
    visit(prose.substr(open + 1, close - open - 1), true);
    begin = close + 1;
    open = prose.find('`', begin);
  }
  if (begin < prose.size()) visit(prose.substr(begin), false);
}

}  // namespace handshaked
