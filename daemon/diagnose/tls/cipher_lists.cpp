#include "diagnose/tls/cipher_lists.h"

#include <algorithm>
#include <string_view>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "diagnose/certificates/openssl_handle.h"

namespace handshaked::diagnose {
namespace {

bool has(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

/// The words of a list; OpenSSL takes ':', ',', ';' and ' ' between them.
std::vector<std::string_view> words_of(std::string_view list) {
  constexpr std::string_view kBetween = ":,; ";
  std::vector<std::string_view> words;
  for (std::size_t at = 0; at < list.size();) {
    const std::size_t end = std::min(list.find_first_of(kBetween, at), list.size());
    if (end > at) words.push_back(list.substr(at, end - at));
    at = end + 1;
  }
  return words;
}

std::string without_exclusion(std::string_view list, std::size_t index) {
  std::string kept;
  const std::vector<std::string_view> words = words_of(list);
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i == index) continue;
    if (!kept.empty()) kept.push_back(':');
    kept += words[i];
  }
  return kept;
}

bool keeps_all(const std::vector<std::string>& before, const std::vector<std::string>& after) {
  return std::all_of(before.begin(), before.end(),
                     [&](const std::string& name) { return has(after, name); });
}

}  // namespace

std::vector<std::string> expanded_ciphers(const std::string& ciphers) {
  std::vector<std::string> names;
  const SslContextHandle context(SSL_CTX_new(TLS_client_method()));
  if (context && SSL_CTX_set_cipher_list(context.get(), ciphers.c_str()) == 1) {
    SSL_CTX_set_min_proto_version(context.get(), 0);
    SSL_CTX_set_max_proto_version(context.get(), TLS1_2_VERSION);
    const SslHandle connection(SSL_new(context.get()));
    if (STACK_OF(SSL_CIPHER)* const usable =
            connection ? SSL_get1_supported_ciphers(connection.get()) : nullptr) {
      for (int i = 0; i < sk_SSL_CIPHER_num(usable); ++i)
        names.emplace_back(SSL_CIPHER_get_name(sk_SSL_CIPHER_value(usable, i)));
      sk_SSL_CIPHER_free(usable);
    }
  }
  ERR_clear_error();
  return names;
}

std::string with_cipher(const std::string& ciphers, const std::string& name) {
  const std::vector<std::string> before = expanded_ciphers(ciphers);
  std::string candidate = ciphers + ":" + name;
  if (has(expanded_ciphers(candidate), name)) return candidate;
  // Something excludes it for good. One word less may do.
  const std::vector<std::string_view> words = words_of(ciphers);
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (!words[i].starts_with('!') && !words[i].starts_with('-')) continue;
    // Only what the list lost by that word comes back with it: all of it is named away again but
    // the one suite.
    candidate = without_exclusion(ciphers, i) + ":" + name;
    const std::vector<std::string> after = expanded_ciphers(candidate);
    if (!has(after, name) || !keeps_all(before, after)) continue;
    for (const std::string& extra : after) {
      if (extra != name && !has(before, extra)) candidate += ":!" + extra;
    }
    return candidate;
  }
  return {};
}

}  // namespace handshaked::diagnose
