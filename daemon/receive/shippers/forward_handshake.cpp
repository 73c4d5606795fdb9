#include "receive/shippers/forward_handshake.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include <array>
#include <initializer_list>

#include "base/check.h"
#include "receive/record/message_pack.h"

namespace handshaked::receive {
namespace {

std::string hex(std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (const char byte : bytes) {
    text += kDigits[static_cast<unsigned char>(byte) >> 4U];
    text += kDigits[static_cast<unsigned char>(byte) & 15U];
  }
  return text;
}

/// SHA-512 of the parts one after the other, in hexadecimal.
std::string digest(std::initializer_list<std::string_view> parts) {
  std::string joined;
  for (const std::string_view part : parts) joined += part;
  std::array<unsigned char, EVP_MAX_MD_SIZE> bytes{};
  unsigned size = 0;
  CHECK(EVP_Digest(joined.data(), joined.size(), bytes.data(), &size, EVP_sha512(), nullptr) == 1);
  OPENSSL_cleanse(joined.data(), joined.size());
  return hex({reinterpret_cast<const char*>(bytes.data()), size});
}

bool is_equal(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace

ForwardHandshake::ForwardHandshake(const ForwardSecrets& secrets, std::string host,
                                   std::string nonce, std::string user_salt)
    : secrets_(secrets),
      host_(std::move(host)),
      nonce_(std::move(nonce)),
      user_salt_(secrets.users.empty() ? "" : std::move(user_salt)) {}

std::string ForwardHandshake::helo() const {
  std::string out;
  append_pack_array(out, 2);
  append_pack_string(out, "HELO");
  append_pack_map(out, 3);
  append_pack_string(out, "nonce");
  append_pack_string(out, nonce_);
  append_pack_string(out, "auth");
  append_pack_string(out, user_salt_);
  append_pack_string(out, "keepalive");
  append_pack_boolean(out, true);
  return out;
}

Result<ForwardHandshake::Verdict> ForwardHandshake::judge(std::string_view ping) const {
  PackReader reader(ping);
  PackToken head;
  std::string_view word;
  std::string_view hostname;
  std::string_view salt;
  std::string_view key_digest;
  std::string_view user;
  std::string_view password_digest;
  if (!reader.read(head) || head.kind != PackToken::Kind::array || head.size != 6 ||
      !reader.read_text(word) || word != "PING" || !reader.read_text(hostname) ||
      !reader.read_text(salt) || !reader.read_text(key_digest) || !reader.read_text(user) ||
      !reader.read_text(password_digest)) {
    return fail(ErrorCode::invalid_input, "no PING: this source asks for a shared key");
  }
  Verdict verdict;
  verdict.client_hostname = std::string(hostname.substr(0, 255));
  if (!is_equal(key_digest, digest({salt, hostname, nonce_, secrets_.shared_key}))) {
    verdict.reason = "shared_key mismatch";
  } else if (!secrets_.users.empty()) {
    // All are tried, so that the time taken does not tell which names there are.
    bool is_known = false;
    for (const ForwardSecrets::User& known : secrets_.users) {
      const bool fits = is_equal(password_digest, digest({user_salt_, user, known.password}));
      is_known = is_known || (fits && known.name == user);
    }
    if (!is_known) verdict.reason = "username/password mismatch";
  }
  verdict.accepted = verdict.reason.empty();
  append_pack_array(verdict.pong, 5);
  append_pack_string(verdict.pong, "PONG");
  append_pack_boolean(verdict.pong, verdict.accepted);
  append_pack_string(verdict.pong, verdict.reason);
  append_pack_string(verdict.pong, verdict.accepted ? host_ : "");
  append_pack_string(verdict.pong,
                     verdict.accepted ? digest({salt, host_, nonce_, secrets_.shared_key}) : "");
  return verdict;
}

Result<std::string> random_text(std::size_t bytes) {
  std::string random(bytes, '\0');
  if (RAND_bytes(reinterpret_cast<unsigned char*>(random.data()), static_cast<int>(bytes)) != 1) {
    return fail(ErrorCode::io, "no random numbers");
  }
  return hex(random);
}

}  // namespace handshaked::receive
