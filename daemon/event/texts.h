#pragma once

#include "base/text/catalogue.h"

namespace handshaked::event {

/// texts.ini of this room.
inline const Catalogue& texts() {
  static const Catalogue kTexts(
#include "event/texts.ini"
  );
  return kTexts;
}

}  // namespace handshaked::event
