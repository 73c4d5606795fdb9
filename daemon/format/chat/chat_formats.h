#pragma once

#include <string>

#include "base/language.h"
#include "format/wire_format.h"

namespace handshaked::format {

// How chat services want to be told, a file each.

/// Custom robots of DingTalk: Markdown, at most 20,000 bytes. With a secret ("SEC…") the address
/// gets "timestamp" in milliseconds and "sign", the percent-encoded Base64(HMAC-SHA256(secret,
/// "<timestamp>\n<secret>")). Answers are 200 with an errcode: 0 is well, -1 is "busy", 130101 and
/// 410100 are "too often" (open.dingtalk.com, "Custom robots").
WireFormat dingtalk_format(Language language, std::string secret);

/// Webhooks of Discord: one embed. Limits (discord.com/developers/docs/resources/message): title
/// 256 characters, description 4,096, 6,000 in all. `allowed_mentions` is empty, so that no text
/// can call anybody.
WireFormat discord_format(Language language);

/// Custom bots of Feishu and Lark: an interactive card whose texts are of the kind plain_text,
/// which knows no markup and no mention. A request holds 20 KB. With a secret: "timestamp" in
/// seconds and "sign", Base64(HMAC-SHA256(key = "<timestamp>\n<secret>", "")). Answers are 200 with
/// a code: 0 is well, 11232 is "too often" (open.feishu.cn, "Custom bot guide").
WireFormat feishu_format(Language language, std::string secret);

/// Incoming webhooks of Mattermost: a message attachment (developers.mattermost.com,
/// integrate/reference/message-attachments) in its Markdown. A message holds 16,383 characters;
/// older servers 4,000, which is what is kept here.
WireFormat mattermost_format(Language language);

/// Incoming webhooks of Slack, Block Kit. Limits (docs.slack.dev, reference/block-kit/blocks): 50
/// blocks; a header 150 characters, a section 3,000. Only & < > are special in mrkdwn; `verbatim`
/// keeps it from finding links and mentions by itself.
WireFormat slack_format(Language language);

/// Microsoft Teams, "Workflows" webhooks (and the older connectors): an Adaptive Card 1.4. All text
/// stands in RichTextBlocks, whose runs know no markup, so that nothing needs an escape. A message
/// holds 28 KB (learn.microsoft.com, "Limits and specifications"). The older connectors answer 200
/// with the failure in the text.
WireFormat teams_format(Language language);

/// Group robots of WeCom: Markdown, at most 4,096 bytes of UTF-8. There is no signature: the key in
/// the address is the secret. Answers are 200 with an errcode: 0 is well, -1 is "busy", 45009 and
/// 45033 are "too often" (developer.work.weixin.qq.com, "Group robots").
WireFormat wecom_format(Language language);

}  // namespace handshaked::format
