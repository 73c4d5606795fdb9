#include "web/html_text.h"

#include "base/html_markup.h"
#include "format/clean_text.h"

namespace handshaked::web {

std::string html_text(std::string_view text, bool keep_lines) { return escape_markup(format::plain_text(text, keep_lines)); }

std::string html_patch(std::string_view diff) {
  std::string out;
  while (true) {
    const auto tab = diff.find('\t');
    out += html_text(diff.substr(0, tab), true);
    if (tab == std::string_view::npos) return out;
    out += '\t';
    diff.remove_prefix(tab + 1);
  }
}

}  // namespace handshaked::web
