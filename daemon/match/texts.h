#pragma once

#include "base/text/catalogue.h"

namespace handshaked::match {

/// texts.ini of this room.
inline const Catalogue& texts() {
  static const Catalogue kTexts(
#include "match/texts.ini"
  );
  return kTexts;
}

}  // namespace handshaked::match
