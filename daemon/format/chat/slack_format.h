#pragma once

#include "base/language.h"
#include "format/wire_format.h"

namespace handshaked::format {

/// Incoming webhooks of Slack, Block Kit. Limits (docs.slack.dev, reference/block-kit/blocks): 50 blocks; a header 150 characters,
/// a section 3,000. Only & < > are special in mrkdwn; `verbatim` keeps it from finding links and mentions by itself.
WireFormat slack_format(Language language);

}  // namespace handshaked::format
