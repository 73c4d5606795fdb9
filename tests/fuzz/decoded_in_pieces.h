#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

#include "fuzz_input.h"

namespace handshaked::fuzz {

/// `decoded(stream, piece)` feeds the stream to a decoder in pieces of so many bytes and writes
/// down what comes out, with an 'E' behind it when the stream turned out broken. Promises that it
/// is the same whether the stream comes whole or in small pieces.
template <class Decoded>
void promise_the_same_in_pieces(std::string_view stream, Decoded decoded) {
  const std::string whole = decoded(stream, std::max<std::size_t>(stream.size(), 1));
  const std::string cut = decoded(
      stream,
      measures_growth ? 7 : 1 + stream.size() % 13);  // a piece has its price, whatever its size
  // Cut small, what turns out broken in its middle may have given some of its parts before: never
  // others.
  const std::size_t common = std::min(whole.size(), cut.size());
  const bool is_broken = whole.ends_with('E') || cut.ends_with('E');
  promise(is_broken || whole == cut, "pieces make no difference");
  promise(common <= 1 || whole.substr(0, common - 1) == cut.substr(0, common - 1),
          "what comes out begins alike");
}

}  // namespace handshaked::fuzz
