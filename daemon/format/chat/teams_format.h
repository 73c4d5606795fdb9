#pragma once

#include "base/language.h"
#include "format/wire_format.h"

namespace handshaked::format {

/// Microsoft Teams, "Workflows" webhooks (and the older connectors): an Adaptive Card 1.4. All text stands in RichTextBlocks, whose
/// runs know no markup, so that nothing needs an escape. A message holds 28 KB (learn.microsoft.com, "Limits and specifications").
/// The older connectors answer 200 with the failure in the text.
WireFormat teams_format(Language language);

}  // namespace handshaked::format
