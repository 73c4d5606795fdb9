#include "emit/standard_webhooks.h"

#include <array>
#include <memory>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include "base/check.h"

namespace handshaked::emit {
namespace {

constexpr std::string_view kPrefix = "whsec_";
// Standard Webhooks asks for 24 to 64 bytes; less than 16 is no key at all, and receivers in use have odd lengths.
constexpr std::size_t kShortestKey = 16;
constexpr std::size_t kLongestKey = 512;
constexpr std::size_t kDigestSize = 32;

struct FreeMac {
  void operator()(EVP_MAC* mac) const { EVP_MAC_free(mac); }
  void operator()(EVP_MAC_CTX* context) const { EVP_MAC_CTX_free(context); }
};

const unsigned char* unsigned_bytes(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

std::string base64(const unsigned char* bytes, std::size_t size) {
  std::string text((size + 2) / 3 * 4 + 1, '\0');
  const int length = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()), bytes, static_cast<int>(size));
  text.resize(static_cast<std::size_t>(length));
  return text;
}

std::string_view without_white_space(std::string_view text) {
  constexpr std::string_view kWhiteSpace = " \t\r\n";
  const auto begin = text.find_first_not_of(kWhiteSpace);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kWhiteSpace) - begin + 1);
}

// HMAC-SHA256 (RFC 2104) over the parts, in order.
std::array<unsigned char, kDigestSize> hmac_sha256(std::string_view key, std::initializer_list<std::string_view> parts) {
  const std::unique_ptr<EVP_MAC, FreeMac> mac(EVP_MAC_fetch(nullptr, "HMAC", nullptr));
  CHECK(mac);
  const std::unique_ptr<EVP_MAC_CTX, FreeMac> context(EVP_MAC_CTX_new(mac.get()));
  CHECK(context);
  std::string digest_name = "SHA256";
  const std::array<OSSL_PARAM, 2> parameters = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest_name.data(), 0),
                                                OSSL_PARAM_construct_end()};
  CHECK(EVP_MAC_init(context.get(), unsigned_bytes(key), key.size(), parameters.data()) == 1);
  for (const std::string_view part : parts) CHECK(EVP_MAC_update(context.get(), unsigned_bytes(part), part.size()) == 1);
  std::array<unsigned char, kDigestSize> digest{};
  std::size_t size = 0;
  CHECK(EVP_MAC_final(context.get(), digest.data(), &size, digest.size()) == 1 && size == digest.size());
  return digest;
}

}  // namespace

Result<WebhookSecret> WebhookSecret::parse(std::string_view text) {
  text = without_white_space(text);
  if (!text.starts_with(kPrefix)) return fail(ErrorCode::invalid_configuration, "a webhook secret must begin with \"whsec_\"");
  text.remove_prefix(kPrefix.size());
  if (text.empty() || text.size() % 4 != 0)
    return fail(ErrorCode::invalid_configuration, "a webhook secret must be Base64 with its padding after \"whsec_\"");
  if (text.size() > kLongestKey / 3 * 4)
    return fail(ErrorCode::invalid_configuration, "a webhook secret must not be longer than 512 bytes");

  // EVP_DecodeBlock accepts white space and counts padding as zero bytes: both are seen to here.
  const std::size_t padding = text.ends_with("==") ? 2 : text.ends_with("=") ? 1 : 0;
  constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  if (text.substr(0, text.size() - padding).find_first_not_of(kAlphabet) != std::string_view::npos)
    return fail(ErrorCode::invalid_configuration, "a webhook secret must be Base64 after \"whsec_\"");
  std::string key(text.size() / 4 * 3, '\0');
  const int size = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(key.data()), unsigned_bytes(text), static_cast<int>(text.size()));
  if (size < 0) return fail(ErrorCode::invalid_configuration, "a webhook secret must be Base64 after \"whsec_\"");
  key.resize(static_cast<std::size_t>(size) - padding);
  WebhookSecret secret(std::move(key));
  if (secret.key_.size() < kShortestKey)
    return fail(ErrorCode::invalid_configuration, "a webhook secret must hold at least 16 bytes (24 to 64 are recommended)");
  return secret;
}

WebhookSecret::WebhookSecret(WebhookSecret&& other) noexcept : key_(std::move(other.key_)) {}

WebhookSecret& WebhookSecret::operator=(WebhookSecret&& other) noexcept {
  key_.swap(other.key_);
  return *this;
}

WebhookSecret::~WebhookSecret() { OPENSSL_cleanse(key_.data(), key_.size()); }

std::string webhook_signature(const std::vector<WebhookSecret>& secrets, std::string_view webhook_id, std::chrono::sys_seconds timestamp,
                              std::string_view body) {
  const std::string seconds = std::to_string(timestamp.time_since_epoch().count());
  std::string header;
  for (const WebhookSecret& secret : secrets) {
    const auto digest = hmac_sha256(secret.key(), {webhook_id, ".", seconds, ".", body});
    if (!header.empty()) header += ' ';
    header += "v1,";
    header += base64(digest.data(), digest.size());
  }
  return header;
}

}  // namespace handshaked::emit
