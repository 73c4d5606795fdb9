#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace handshaked::diagnose {

/// How many letters have to be typed, dropped, changed or swapped with their neighbour to make one
/// word the other, whatever the case. Words longer than 256 bytes count as wholly different.
std::size_t edit_distance(std::string_view left, std::string_view right);

/// The known word that was most likely meant: the nearest one, at most a quarter of its letters
/// away (one letter at least, three at most). Equally near ones: the first, so put the best first.
/// None when nothing is near.
std::optional<std::string> nearest_word(std::string_view word,
                                        std::span<const std::string_view> known);

}  // namespace handshaked::diagnose
