#include "diagnose/tls/tls_words.h"

#include <algorithm>
#include <array>
#include <span>

#include <openssl/err.h>

#include "base/text/joined.h"
#include "diagnose/certificates/openssl_handle.h"
#include "diagnose/tls/nearest_word.h"
#include "diagnose/tls/security_policy.h"

namespace handshaked::diagnose {
namespace {

constexpr std::string_view kUsualCurves = "X25519:prime256v1:secp384r1";
// The best first: of equally near ones that is taken.
constexpr std::array<std::string_view, 15> kCurves = {
    "X25519",          "prime256v1", "secp384r1", "secp521r1",       "X448",
    "P-256",           "P-384",      "P-521",     "brainpoolP256r1", "brainpoolP384r1",
    "brainpoolP512r1", "ffdhe2048",  "ffdhe3072", "ffdhe4096",       "auto"};
constexpr std::array<std::string_view, 5> kTls13Suites = {
    "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256", "TLS_AES_128_GCM_SHA256",
    "TLS_AES_128_CCM_SHA256", "TLS_AES_128_CCM_8_SHA256"};
constexpr std::array<std::string_view, 13> kCommands = {"Groups",
                                                        "Ciphersuites",
                                                        "CipherString",
                                                        "Curves",
                                                        "Options",
                                                        "MinProtocol",
                                                        "MaxProtocol",
                                                        "SignatureAlgorithms",
                                                        "ClientSignatureAlgorithms",
                                                        "Protocol",
                                                        "ECDHParameters",
                                                        "RecordPadding",
                                                        "VerifyMode"};
constexpr std::array<std::string_view, 6> kProtocols = {"TLSv1.3", "TLSv1.2", "TLSv1.1",
                                                        "TLSv1",   "SSLv3",   "None"};
constexpr std::array<std::string_view, 20> kOptions = {"ServerPreference",
                                                       "PrioritizeChaCha",
                                                       "NoRenegotiation",
                                                       "SessionTicket",
                                                       "EncryptThenMac",
                                                       "KTLS",
                                                       "AntiReplay",
                                                       "MiddleboxCompat",
                                                       "Compression",
                                                       "NoResumptionOnRenegotiation",
                                                       "ExtendedMasterSecret",
                                                       "DHSingle",
                                                       "ECDHSingle",
                                                       "AllowNoDHEKEX",
                                                       "EmptyFragments",
                                                       "Bugs",
                                                       "CANames",
                                                       "CipherServerPreference",
                                                       "EncryptThenMac",
                                                       "TxCertificateCompression"};
constexpr std::array<std::string_view, 20> kSignatureAlgorithms = {"ECDSA+SHA256",
                                                                   "RSA-PSS+SHA256",
                                                                   "RSA+SHA256",
                                                                   "ed25519",
                                                                   "ECDSA+SHA384",
                                                                   "RSA-PSS+SHA384",
                                                                   "RSA+SHA384",
                                                                   "ECDSA+SHA512",
                                                                   "RSA-PSS+SHA512",
                                                                   "RSA+SHA512",
                                                                   "ecdsa_secp256r1_sha256",
                                                                   "ecdsa_secp384r1_sha384",
                                                                   "ecdsa_secp521r1_sha512",
                                                                   "rsa_pss_rsae_sha256",
                                                                   "rsa_pss_rsae_sha384",
                                                                   "rsa_pss_rsae_sha512",
                                                                   "rsa_pkcs1_sha256",
                                                                   "rsa_pkcs1_sha384",
                                                                   "rsa_pkcs1_sha512",
                                                                   "ed448"};
constexpr std::array<std::string_view, 30> kCipherWords = {
    "HIGH",   "DEFAULT",  "ALL",    "MEDIUM", "ECDHE",  "EECDH",   "DHE",   "EDH",
    "AESGCM", "CHACHA20", "AESCCM", "AES128", "AES256", "AES",     "ECDSA", "aECDSA",
    "aRSA",   "RSA",      "kRSA",   "aNULL",  "eNULL",  "NULL",    "MD5",   "SHA1",
    "SHA256", "SHA384",   "3DES",   "RC4",    "PSK",    "CAMELLIA"};

SslContextHandle new_context() {
  ERR_clear_error();
  return SslContextHandle(SSL_CTX_new(TLS_server_method()));
}

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t end = std::min(text.find(separator, at), text.size());
    if (end > at) parts.emplace_back(text.substr(at, end - at));
    at = end + 1;
  }
  return parts;
}

/// The parts of a list that `is_good` refuses are replaced by the nearest known ones, or left out.
template <class IsGood>
std::vector<std::string> corrected_parts(std::string_view value, char separator,
                                         std::span<const std::string_view> known,
                                         const IsGood& is_good) {
  std::vector<std::string> parts;
  for (const std::string& part : split(value, separator)) {
    const auto meant = is_good(part) ? std::optional<std::string>(part) : nearest_word(part, known);
    if (meant && is_good(*meant) && std::find(parts.begin(), parts.end(), *meant) == parts.end())
      parts.push_back(*meant);
  }
  return parts;
}

std::vector<std::string> all_cipher_names() {
  std::vector<std::string> names;
  const SslContextHandle context = new_context();
  if (!context || !SSL_CTX_set_cipher_list(context.get(), "ALL:COMPLEMENTOFALL")) return names;
  const STACK_OF(SSL_CIPHER)* const ciphers = SSL_CTX_get_ciphers(context.get());
  for (int i = 0; i < sk_SSL_CIPHER_num(ciphers); ++i)
    names.emplace_back(SSL_CIPHER_get_name(sk_SSL_CIPHER_value(ciphers, i)));
  return names;
}

}  // namespace

bool is_curve_list(const std::string& value) {
  if (value == "auto") return true;
  const SslContextHandle context = new_context();
  const bool is_good = context && SSL_CTX_set1_curves_list(context.get(), value.c_str()) == 1;
  ERR_clear_error();
  return is_good;
}

bool is_cipher_list(const std::string& value) {
  const SslContextHandle context = new_context();
  const bool is_good = context && SSL_CTX_set_cipher_list(context.get(), value.c_str()) == 1;
  ERR_clear_error();
  return is_good;
}

bool is_conf_command(const std::string& name, const std::string& value) {
  const bool is_good = is_probe_command(name) && security_policy("", {{name, value}}).has_value();
  ERR_clear_error();
  return is_good;
}

std::optional<std::string> corrected_curves(std::string_view value) {
  if (is_curve_list(std::string(value))) return std::nullopt;
  const std::vector<std::string> parts = corrected_parts(value, ':', kCurves, is_curve_list);
  const std::string list = joined(parts, ":");
  return !list.empty() && is_curve_list(list) ? list : std::string(kUsualCurves);
}

std::optional<CorrectedCiphers> corrected_ciphers(std::string_view value) {
  const std::vector<std::string> names = all_cipher_names();
  std::vector<std::string_view> known(kCipherWords.begin(), kCipherWords.end());
  known.insert(known.end(), names.begin(), names.end());
  CorrectedCiphers corrected;
  std::vector<std::string> kept;
  std::string plain(value);
  std::replace_if(
      plain.begin(), plain.end(), [](char c) { return c == ' ' || c == ','; }, ':');
  for (const std::string& part : split(plain, ':')) {
    if (part.starts_with("TLS_")) {
      const auto suite = nearest_word(part, kTls13Suites);
      if (suite) corrected.tls13.push_back(*suite);
      continue;
    }
    const std::size_t mark = part.find_first_not_of("!-+");
    if (mark == std::string::npos || part.starts_with("@")) {
      kept.push_back(part);
      continue;
    }
    std::vector<std::string> words;
    for (const std::string& word : split(std::string_view(part).substr(mark), '+')) {
      if (is_cipher_list(word)) words.push_back(word);
      else if (const auto meant = nearest_word(word, known); meant) words.push_back(*meant);
      else if (mark > 0) words.push_back(word);
    }
    if (!words.empty()) kept.push_back(part.substr(0, mark) + joined(words, "+"));
  }
  corrected.ciphers = joined(kept, ":");
  if (!corrected.ciphers.empty() && !is_cipher_list(corrected.ciphers)) corrected.ciphers.clear();
  if (corrected.ciphers.empty() && corrected.tls13.empty()) return std::nullopt;
  return corrected;
}

std::optional<ConfCommandWords> corrected_conf_command(std::string_view name,
                                                       std::string_view value) {
  const auto meant = nearest_word(name, kCommands);
  if (!meant) return std::nullopt;
  ConfCommandWords words{*meant, std::string(value)};
  if (is_conf_command(words.name, words.value)) return words;
  const auto correct = [&](char separator, std::span<const std::string_view> known) {
    words.value = joined(
        corrected_parts(value, separator, known,
                        [&](const std::string& part) { return is_conf_command(words.name, part); }),
        std::string(1, separator));
  };
  if (words.name == "Groups" || words.name == "Curves" || words.name == "ECDHParameters")
    correct(':', kCurves);
  else if (words.name == "Ciphersuites") correct(':', kTls13Suites);
  else if (words.name == "CipherString")
    words.value = corrected_ciphers(value).value_or(CorrectedCiphers{}).ciphers;
  else if (words.name.ends_with("Protocol")) correct(',', kProtocols);
  else if (words.name == "Options") correct(',', kOptions);
  else if (words.name.ends_with("SignatureAlgorithms")) correct(':', kSignatureAlgorithms);
  if (words.value.empty() && (words.name == "Groups" || words.name == "Curves"))
    words.value = kUsualCurves;
  if (words.value.empty() || !is_conf_command(words.name, words.value)) return std::nullopt;
  return words;
}

}  // namespace handshaked::diagnose
