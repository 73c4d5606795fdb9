#include "emit/standard_webhooks.h"

#include <array>
#include <memory>

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "base/digest.h"

namespace handshaked::emit {
namespace {

constexpr std::string_view kPrefix = "whsec_";
// Standard Webhooks asks for 24 to 64 bytes; less than 16 is no key at all, and receivers in use
// have odd lengths.
constexpr std::size_t kShortestKey = 16;
constexpr std::size_t kLongestKey = 512;

const unsigned char* unsigned_bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

std::string_view without_white_space(std::string_view text) {
  constexpr std::string_view kWhiteSpace = " \t\r\n";
  const auto begin = text.find_first_not_of(kWhiteSpace);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kWhiteSpace) - begin + 1);
}

}  // namespace

Result<WebhookSecret> WebhookSecret::parse(std::string_view text) {
  text = without_white_space(text);
  if (!text.starts_with(kPrefix))
    return fail(ErrorCode::invalid_configuration, "a webhook secret must begin with \"whsec_\"");
  text.remove_prefix(kPrefix.size());
  if (text.empty() || text.size() % 4 != 0)
    return fail(ErrorCode::invalid_configuration,
                "a webhook secret must be Base64 with its padding after \"whsec_\"");
  if (text.size() > kLongestKey / 3 * 4)
    return fail(ErrorCode::invalid_configuration,
                "a webhook secret must not be longer than 512 bytes");

  // EVP_DecodeBlock accepts white space and counts padding as zero bytes: both are seen to here.
  const std::size_t padding = text.ends_with("==") ? 2 : text.ends_with("=") ? 1 : 0;
  constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  if (text.substr(0, text.size() - padding).find_first_not_of(kAlphabet) != std::string_view::npos)
    return fail(ErrorCode::invalid_configuration,
                "a webhook secret must be Base64 after \"whsec_\"");
  std::string key(text.size() / 4 * 3, '\0');
  const int size = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(key.data()),
                                   unsigned_bytes(text), static_cast<int>(text.size()));
  if (size < 0)
    return fail(ErrorCode::invalid_configuration,
                "a webhook secret must be Base64 after \"whsec_\"");
  key.resize(static_cast<std::size_t>(size) - padding);
  WebhookSecret secret(std::move(key));
  if (secret.key_.size() < kShortestKey)
    return fail(ErrorCode::invalid_configuration,
                "a webhook secret must hold at least 16 bytes (24 to 64 are recommended)");
  return secret;
}

WebhookSecret::WebhookSecret(WebhookSecret&& other) noexcept : key_(std::move(other.key_)) {}

WebhookSecret& WebhookSecret::operator=(WebhookSecret&& other) noexcept {
  key_.swap(other.key_);
  return *this;
}

WebhookSecret::~WebhookSecret() { OPENSSL_cleanse(key_.data(), key_.size()); }

std::string webhook_signature(const std::vector<WebhookSecret>& secrets,
                              std::string_view webhook_id, std::chrono::sys_seconds timestamp,
                              std::string_view body) {
  const std::string seconds = std::to_string(timestamp.time_since_epoch().count());
  std::string header;
  for (const WebhookSecret& secret : secrets) {
    const auto digest = hmac_sha256(secret.key(), {webhook_id, ".", seconds, ".", body});
    if (!header.empty()) header += ' ';
    header += "v1,";
    header += base64(digest);
  }
  return header;
}

}  // namespace handshaked::emit
