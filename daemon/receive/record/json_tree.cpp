#include "receive/record/json_tree.h"

#include <array>
#include <cstdint>

namespace handshaked::receive {

std::size_t json_tree_bytes(std::string_view json) {
  // Each value begins at the text's beginning or behind one of these, and each of these is in the
  // index.
  static constexpr auto kWeights = [] {
    std::array<std::uint8_t, 256> weights{};
    for (const char sign : {'{', '}', '[', ']', ',', ':', '"'})
      weights[static_cast<unsigned char>(sign)] = 1;
    return weights;
  }();
  std::size_t signs = 1;
  std::size_t words =
      0;  // behind white space: only in the index, since JSON has a sign between two values
  bool was_space = false;
  for (const char c : json) {
    const bool is_space = c == ' ' || c == '\n' || c == '\t' || c == '\r';
    signs += kWeights[static_cast<unsigned char>(c)];
    words += was_space && !is_space ? 1U : 0U;
    was_space = is_space;
  }
  constexpr std::size_t kIndex = 4;   // of a sign
  constexpr std::size_t kTape = 16;   // of a value: numbers take two words
  constexpr std::size_t kString = 5;  // its length, and the zero behind it
  return json.size() + words * kIndex + signs * (kIndex + kTape + kString);
}

}  // namespace handshaked::receive
