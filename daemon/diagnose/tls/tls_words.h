#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace handshaked::diagnose {

/// What the OpenSSL under us takes where nginx hands a directive's value to it, and what was
/// probably meant by what it refuses.

/// SSL_CTX_set1_curves_list() takes it.
bool is_curve_list(const std::string& value);
/// SSL_CTX_set_cipher_list() takes it.
bool is_cipher_list(const std::string& value);
/// SSL_CONF_cmd() takes it. Commands that name files are not tried: false.
bool is_conf_command(const std::string& name, const std::string& value);

/// Every name that is not known replaced by the nearest known one; left out when nothing is near
/// and others remain; the usual curves when nothing remains. nullopt when the value is good as it
/// is.
std::optional<std::string> corrected_curves(std::string_view value);

/// A corrected cipher list: misspelled names replaced, TLS 1.3 suites taken out (they belong to
/// `Ciphersuites`).
struct CorrectedCiphers {
  std::string ciphers;               ///< empty: nothing is left
  std::vector<std::string> tls13{};  ///< suites that were in the list and do not belong there
};
/// nullopt when nothing near was found.
std::optional<CorrectedCiphers> corrected_ciphers(std::string_view value);

struct ConfCommandWords {
  std::string name, value;
};
/// The nearest command that OpenSSL takes; nullopt when there is none near.
std::optional<ConfCommandWords> corrected_conf_command(std::string_view name,
                                                       std::string_view value);

}  // namespace handshaked::diagnose
