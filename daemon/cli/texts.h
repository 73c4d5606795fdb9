#pragma once

#include "base/text/catalogue.h"

namespace handshaked::cli {

// The texts.ini of each room, read when it is first asked for a text: a verb that says little
// starts as fast as before.

const Catalogue& config_texts();
const Catalogue& document_texts();
const Catalogue& explain_texts();
const Catalogue& host_texts();
const Catalogue& knowledge_texts();
const Catalogue& log_texts();
const Catalogue& operator_texts();
const Catalogue& preflight_texts();
const Catalogue& rules_texts();
const Catalogue& watch_texts();

}  // namespace handshaked::cli
