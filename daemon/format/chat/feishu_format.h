#pragma once

#include <string>

#include "base/language.h"
#include "format/wire_format.h"

namespace handshaked::format {

/// Custom bots of Feishu and Lark: an interactive card whose texts are of the kind plain_text, which knows no markup and no mention.
/// A request holds 20 KB. With a secret: "timestamp" in seconds and "sign", Base64(HMAC-SHA256(key = "<timestamp>\n<secret>", "")).
/// Answers are 200 with a code: 0 is well, 11232 is "too often" (open.feishu.cn, "Custom bot guide").
WireFormat feishu_format(Language language, std::string secret);

}  // namespace handshaked::format
