#pragma once

#include <string>
#include <string_view>

namespace handshaked::diagnose {

/// A unified diff of two texts that `patch -p1 -d /` applies: "--- a/etc/nginx/nginx.conf", with "\ No newline
/// at end of file" where it applies; empty when they are equal. `before` null: a new file ("--- /dev/null"). Names with blanks end in a
/// tab, names with control characters, quotes or backslashes are quoted, as GNU patch reads them. The least number of lines for changes
/// of up to a thousand; above that the changed stretch is replaced as a whole.
std::string unified_diff(std::string_view path, const std::string* before, const std::string& after, std::size_t context_lines = 3);

}  // namespace handshaked::diagnose
