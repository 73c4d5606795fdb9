#pragma once

#include <filesystem>
#include <optional>
#include <string>

namespace handshaked {

/// The CA bundle that this host's distribution maintains (Debian, Red Hat, SUSE, Alpine and Arch).
/// For tests below another root than "/".
std::optional<std::string> host_ca_bundle(const std::filesystem::path& root = "/");

/// Whether the OpenSSL that is linked finds CAs by itself: where it was built to look, or where
/// $SSL_CERT_FILE or $SSL_CERT_DIR says.
bool openssl_finds_cas();

/// The openssl.cnf of this host: `openssl_own`, where the OpenSSL that is linked looks for it, or
/// where other distributions keep theirs.
std::optional<std::string> host_openssl_configuration(const std::string& openssl_own,
                                                      const std::filesystem::path& root = "/");

/// Has OpenSSL read the host's openssl.cnf also where it was not built for this distribution: the
/// portable program, which brings its own, must obey the policies that the host's nginx obeys.
/// Before anything else asks OpenSSL for anything. What $OPENSSL_CONF names goes before.
void obey_host_openssl_configuration();

}  // namespace handshaked
