#pragma once

#include "base/text/catalogue.h"

namespace handshaked::format {

/// texts.ini of this room.
inline const Catalogue& texts() {
  static const Catalogue kTexts(
#include "format/texts.ini"
  );
  return kTexts;
}

}  // namespace handshaked::format
