#pragma once

#include "base/language.h"

namespace handshaked {

/// Picks the words of the reader's language.
class Words {
 public:
  explicit Words(Language language) : is_chinese_(language == Language::zh) {}
  const char* operator()(const char* english, const char* chinese) const { return is_chinese_ ? chinese : english; }

 private:
  bool is_chinese_;
};

}  // namespace handshaked
