#pragma once

#include <cstddef>
#include <string_view>

namespace handshaked::receive {

/// How much memory simdjson's tree of this text takes at most, to be reserved before it is made: a
/// few bytes for each of its signs. An ordinary body takes about as much again as it has bytes;
/// "[[[[" takes 28 times.
std::size_t json_tree_bytes(std::string_view json);

}  // namespace handshaked::receive
