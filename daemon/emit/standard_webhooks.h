#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace handshaked::emit {

/// A key shared with a receiver, written "whsec_" and Base64 (Standard Webhooks 1.0). The bytes are
/// wiped when it goes.
class WebhookSecret {
 public:
  /// White space around the text is ignored: secrets come from files. The error never repeats the
  /// text.
  static Result<WebhookSecret> parse(std::string_view text);

  WebhookSecret(WebhookSecret&& other) noexcept;
  WebhookSecret& operator=(WebhookSecret&& other) noexcept;
  ~WebhookSecret();

  std::string_view key() const { return key_; }

 private:
  explicit WebhookSecret(std::string key) : key_(std::move(key)) {}
  std::string key_;
};

/// The value of the header `webhook-signature` for one attempt: for each secret "v1," and the
/// Base64 of HMAC-SHA256 over
/// "<id>.<seconds>.<body>", separated by spaces. Two secrets while one replaces the other.
std::string webhook_signature(const std::vector<WebhookSecret>& secrets,
                              std::string_view webhook_id, std::chrono::sys_seconds timestamp,
                              std::string_view body);

}  // namespace handshaked::emit
