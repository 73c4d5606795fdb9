#pragma once

#include "base/language.h"
#include "format/wire_format.h"

namespace handshaked::format {

/// Webhooks of Discord: one embed. Limits (discord.com/developers/docs/resources/message): title 256 characters, description 4,096,
/// 6,000 in all. `allowed_mentions` is empty, so that no text can call anybody.
WireFormat discord_format(Language language);

}  // namespace handshaked::format
