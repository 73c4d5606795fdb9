#pragma once

#include <string_view>

namespace handshaked {

/// The languages in which handshaked speaks to people.
enum class Language { en, zh };

inline std::string_view to_string(Language language) {
  return language == Language::zh ? "zh" : "en";
}

}  // namespace handshaked
