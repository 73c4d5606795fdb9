#include "base/text/rate_text.h"

#include <algorithm>
#include <cstdio>

namespace handshaked {

std::string rate_text(double lines_a_minute) {
  if (!(lines_a_minute > 0)) return "0";
  if (lines_a_minute < 0.05) return "<0.1";
  char text[32];
  const bool is_small = lines_a_minute < 9.95;
  std::snprintf(text, sizeof text, is_small ? "%.1f" : "%.0f", std::min(lines_a_minute, 1e15));
  std::string written = text;
  if (is_small) return written;
  for (std::size_t at = written.size(); at > 3; at -= 3) written.insert(at - 3, ",");
  return written;
}

}  // namespace handshaked
