#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace handshaked {

/// "a, b, c": the texts of `items` behind one another. `text_of` is what makes a text of an item: a
/// member or a function.
template <class Items, class TextOf = std::identity>
std::string joined(const Items& items, std::string_view between = ", ",
                   const TextOf& text_of = {}) {
  std::string all;
  for (const auto& item : items) {
    if (!all.empty()) all += between;
    all += std::invoke(text_of, item);
  }
  return all;
}

}  // namespace handshaked
