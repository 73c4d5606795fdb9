#include "base/host_tls.h"

#include <openssl/conf.h>
#include <openssl/crypto.h>
#include <openssl/x509.h>

#include <array>
#include <cstdlib>

namespace handshaked {
namespace {

namespace fs = std::filesystem;

constexpr std::array<const char*, 4> kBundles = {"etc/ssl/certs/ca-certificates.crt",
                                                 "etc/pki/tls/certs/ca-bundle.crt",
                                                 "etc/ssl/ca-bundle.pem", "etc/ssl/cert.pem"};
constexpr std::array<const char*, 2> kConfigurations = {"etc/pki/tls/openssl.cnf",
                                                        "etc/ssl/openssl.cnf"};

template <std::size_t kCount>
std::optional<std::string> first_of(const std::array<const char*, kCount>& names,
                                    const fs::path& root) {
  for (const char* const name : names) {
    std::error_code error;
    if (fs::exists(root / name, error)) return (root / name).string();
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::string> host_ca_bundle(const fs::path& root) { return first_of(kBundles, root); }

bool openssl_finds_cas() {
  if (std::getenv(::X509_get_default_cert_file_env()) != nullptr ||
      std::getenv(::X509_get_default_cert_dir_env()) != nullptr)
    return true;
  std::error_code error;
  return fs::exists(::X509_get_default_cert_file(), error) ||
         fs::exists(::X509_get_default_cert_dir(), error);
}

std::optional<std::string> host_openssl_configuration(const std::string& openssl_own,
                                                      const fs::path& root) {
  std::error_code error;
  if (fs::exists(root / fs::path(openssl_own).relative_path(), error)) return openssl_own;
  return first_of(kConfigurations, root);
}

void obey_host_openssl_configuration() {
  if (std::getenv("OPENSSL_CONF") != nullptr) return;
  char* const own = ::CONF_get1_default_config_file();
  if (own == nullptr) return;
  const std::string where_it_looks = own;
  ::OPENSSL_free(own);
  const auto file = host_openssl_configuration(where_it_looks);
  if (!file || *file == where_it_looks) return;
  OPENSSL_INIT_SETTINGS* const settings = ::OPENSSL_INIT_new();
  if (settings == nullptr) return;
  ::OPENSSL_INIT_set_config_filename(settings, file->c_str());
  ::OPENSSL_init_crypto(OPENSSL_INIT_LOAD_CONFIG, settings);
  ::OPENSSL_INIT_free(settings);
}

}  // namespace handshaked
