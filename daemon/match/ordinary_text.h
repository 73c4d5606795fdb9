#pragma once

#include <string_view>

namespace handshaked::match {

/// Does this piece of text stand in the error lines that every busy nginx writes all day? Such a piece is no use for finding
/// the few lines that matter.
bool is_ordinary(std::string_view piece);

}  // namespace handshaked::match
