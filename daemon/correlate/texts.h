#pragma once

#include "base/text/catalogue.h"

namespace handshaked::correlate {

/// texts.ini of this room.
inline const Catalogue& texts() {
  static const Catalogue kTexts(
#include "correlate/texts.ini"
  );
  return kTexts;
}

}  // namespace handshaked::correlate
