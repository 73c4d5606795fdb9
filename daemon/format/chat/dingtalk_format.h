#pragma once

#include <string>

#include "base/language.h"
#include "format/wire_format.h"

namespace handshaked::format {

/// Custom robots of DingTalk: Markdown, at most 20,000 bytes. With a secret ("SEC…") the address gets "timestamp" in milliseconds and
/// "sign", the percent-encoded Base64(HMAC-SHA256(secret, "<timestamp>\n<secret>")). Answers are 200 with an errcode: 0 is well, -1 is
/// "busy", 130101 and 410100 are "too often" (open.dingtalk.com, "Custom robots").
WireFormat dingtalk_format(Language language, std::string secret);

}  // namespace handshaked::format
