#pragma once

#include "base/text/catalogue.h"

namespace handshaked::runtime {

/// texts.ini of this room.
inline const Catalogue& texts() {
  static const Catalogue kTexts(
#include "runtime/texts.ini"
  );
  return kTexts;
}

}  // namespace handshaked::runtime
