#pragma once

#include <string_view>

namespace handshaked::match {

/// Does this piece of text stand in the error lines that every busy nginx writes all day? Such a
/// piece is no use for finding the few lines that matter.
bool is_ordinary(std::string_view piece);

/// How often `second` stands `distance` (1 to 3) bytes behind `first` in such lines; 255 stands for
/// more, too.
unsigned ordinary_pairs(char first, char second, std::size_t distance);

}  // namespace handshaked::match
