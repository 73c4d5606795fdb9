#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace handshaked::diagnose {

/// A unified diff of two texts that `patch -p1 -d /` applies: "--- a/etc/nginx/nginx.conf", with
/// "\ No newline at end of file" where it applies; empty when they are equal. `before` null: a new
/// file ("--- /dev/null"). Names with blanks end in a tab, names with control characters, quotes or
/// backslashes are quoted, as GNU patch reads them. The least number of lines for changes of up to
/// a thousand; above that the changed stretch is replaced as a whole.
std::string unified_diff(std::string_view path, const std::string* before, const std::string& after,
                         std::size_t context_lines = 3);

/// The same with as many of the three lines of context as `shown` lets be seen (for each line of
/// `before`). Never more in front of a change than behind it, unless the text ends there: GNU patch
/// takes a hunk with less behind it for the end of a file.
std::string unified_diff(std::string_view path, const std::string* before, const std::string& after,
                         const std::vector<bool>& shown);

}  // namespace handshaked::diagnose
