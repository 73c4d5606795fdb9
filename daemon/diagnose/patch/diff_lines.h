#pragma once

#include <string_view>
#include <vector>

namespace handshaked::diagnose {

/// A text as a diff sees it: lines with their line feed; the last one may have none. They borrow
/// from the text.
std::vector<std::string_view> diff_lines(std::string_view text);

}  // namespace handshaked::diagnose
