#pragma once

#include "base/language.h"
#include "format/wire_format.h"

namespace handshaked::format {

/// Incoming webhooks of Mattermost: a message attachment (developers.mattermost.com, integrate/reference/message-attachments) in its
/// Markdown. A message holds 16,383 characters; older servers 4,000, which is what is kept here.
WireFormat mattermost_format(Language language);

}  // namespace handshaked::format
