#pragma once

#include "base/language.h"
#include "format/wire_format.h"

namespace handshaked::format {

/// Group robots of WeCom: Markdown, at most 4,096 bytes of UTF-8. There is no signature: the key in the address is the secret. Answers
/// are 200 with an errcode: 0 is well, -1 is "busy", 45009 and 45033 are "too often" (developer.work.weixin.qq.com, "Group robots").
WireFormat wecom_format(Language language);

}  // namespace handshaked::format
