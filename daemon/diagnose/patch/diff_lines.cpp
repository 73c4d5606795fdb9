#include "diagnose/patch/diff_lines.h"

#include <algorithm>

namespace handshaked::diagnose {

std::vector<std::string_view> diff_lines(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size() - 1) + 1;
    lines.push_back(text.substr(0, end));
    text.remove_prefix(end);
  }
  return lines;
}

}  // namespace handshaked::diagnose
