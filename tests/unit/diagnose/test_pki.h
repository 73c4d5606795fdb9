#pragma once

#include <array>
#include <chrono>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include "base/clock.h"

namespace handshaked::diagnose {

/// What a certificate of a test is to be. Days count from now; dates of other cultures of time are
/// made by `at` of the replay.
struct TestCertificateOptions {
  std::string subject = "leaf.test";  ///< CN
  std::string names{};                ///< "DNS:a,IP:127.0.0.1"
  bool is_ca = false;
  bool has_basic_constraints = true;
  std::optional<int> path_length{};
  std::string extended_usage = "serverAuth";  ///< of leaves; empty for none
  std::string usage{};  ///< default: keyCertSign,cRLSign of CAs, digitalSignature of leaves
  std::string name_constraints{};
  std::string more{};  ///< "1.2.3.4=critical,ASN1:NULL"
  int from_days = -30;
  int to_days = 365;
  int rsa_bits = 0;  ///< 0: P-256
  bool is_sha1 = false;
  bool has_key_ids = true;
};

class TestIdentity;
std::string make_crl(const TestIdentity& issuer, const std::vector<const TestIdentity*>& revoked,
                     int from_days, int to_days, const TestIdentity* signer = nullptr);

/// A certificate with its key, for the length of a test. A value.
class TestIdentity {
 public:
  using Options = TestCertificateOptions;

  static TestIdentity self_signed(const Options& options) {
    return TestIdentity(options, nullptr, nullptr);
  }
  static TestIdentity root(const std::string& name, Options options = {}) {
    options.subject = name;
    options.is_ca = true;
    return TestIdentity(options, nullptr, nullptr);
  }
  TestIdentity issue(const Options& options) const { return TestIdentity(options, this, nullptr); }
  TestIdentity intermediate(const std::string& name, Options options = {}) const {
    options.subject = name;
    options.is_ca = true;
    return TestIdentity(options, this, nullptr);
  }
  TestIdentity leaf(const std::string& name = "leaf.test", Options options = {}) const {
    options.subject = name;
    if (options.names.empty()) options.names = "DNS:" + name;
    return TestIdentity(options, this, nullptr);
  }
  /// The same key and subject, certified by `issuer` (or by itself) with other options.
  TestIdentity recertified(const Options& options, const TestIdentity* issuer = nullptr) const {
    return TestIdentity(options, issuer, this);
  }

  X509* certificate() const { return certificate_.get(); }
  EVP_PKEY* key() const { return key_.get(); }

  std::string der() const {
    return encoded([this](unsigned char** out) { return i2d_X509(certificate(), out); });
  }
  std::string pem() const {
    return text([this](BIO* bio) { return PEM_write_bio_X509(bio, certificate()); });
  }
  std::string key_pem(const std::string& password = {}) const {
    return text([&](BIO* bio) {
      auto* const word = reinterpret_cast<unsigned char*>(const_cast<char*>(password.data()));
      return PEM_write_bio_PrivateKey(bio, key(), password.empty() ? nullptr : EVP_aes_128_cbc(),
                                      word, static_cast<int>(password.size()), nullptr, nullptr);
    });
  }
  /// As a TRUSTED CERTIFICATE that is trusted for, or rejected for, one usage.
  std::string trusted_der(int usage, bool is_rejected) const {
    return with_trust(usage, is_rejected, [](X509* copy) {
      return encoded([copy](unsigned char** out) { return i2d_X509_AUX(copy, out); });
    });
  }
  std::string trusted_pem(int usage, bool is_rejected) const {
    return with_trust(usage, is_rejected, [](X509* copy) {
      return text([copy](BIO* bio) { return PEM_write_bio_X509_AUX(bio, copy); });
    });
  }

  template <class Write>
  static std::string text(Write write) {
    BIO* const bio = BIO_new(BIO_s_mem());
    if (!write(bio)) throw std::runtime_error("PEM");
    char* bytes = nullptr;
    const long size = BIO_get_mem_data(bio, &bytes);
    std::string copy(bytes, static_cast<std::size_t>(size));
    BIO_free(bio);
    return copy;
  }
  template <class Encode>
  static std::string encoded(Encode encode) {
    unsigned char* bytes = nullptr;
    const int size = encode(&bytes);
    if (size <= 0) throw std::runtime_error("DER");
    std::string copy(reinterpret_cast<char*>(bytes), static_cast<std::size_t>(size));
    OPENSSL_free(bytes);
    return copy;
  }

 private:
  TestIdentity(const Options& options, const TestIdentity* issuer, const TestIdentity* same_key)
      : key_(same_key ? same_key->key_ : new_key(options)), certificate_(X509_new(), X509_free) {
    static long next_serial = 1000;
    X509* const x = certificate();
    X509_set_version(x, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(x), ++next_serial);
    X509_time_adj_ex(X509_getm_notBefore(x), options.from_days, 0, nullptr);
    X509_time_adj_ex(X509_getm_notAfter(x), options.to_days, 0, nullptr);
    add_name("O", "Corp");
    add_name("CN", same_key ? same_key->common_name() : options.subject);
    X509* const issuer_certificate = issuer ? issuer->certificate() : x;
    X509_set_issuer_name(x, X509_get_subject_name(issuer_certificate));
    X509_set_pubkey(x, key());
    X509V3_CTX context;
    X509V3_set_ctx(&context, issuer_certificate, x, nullptr, nullptr, 0);
    add_extensions(context, options, issuer != nullptr);
    if (!X509_sign(x, issuer ? issuer->key() : key(), options.is_sha1 ? EVP_sha1() : EVP_sha256()))
      throw std::runtime_error("sign");
  }

  static std::shared_ptr<EVP_PKEY> new_key(const Options& options) {
    EVP_PKEY* const key = options.rsa_bits ? EVP_RSA_gen(static_cast<unsigned>(options.rsa_bits))
                                           : EVP_EC_gen("P-256");
    return {key, EVP_PKEY_free};
  }
  std::string common_name() const {
    std::array<char, 256> text{};
    X509_NAME_get_text_by_NID(X509_get_subject_name(certificate()), NID_commonName, text.data(),
                              static_cast<int>(text.size()));
    return text.data();
  }
  void add_name(const char* field, const std::string& value) {
    X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate()), field, MBSTRING_UTF8,
                               reinterpret_cast<const unsigned char*>(value.c_str()), -1, -1, 0);
  }
  void add(X509V3_CTX& context, const std::string& name, const std::string& value) {
    X509_EXTENSION* const extension =
        X509V3_EXT_conf(nullptr, &context, name.c_str(), value.c_str());
    if (!extension) throw std::runtime_error("extension " + name + "=" + value);
    X509_add_ext(certificate(), extension, -1);
    X509_EXTENSION_free(extension);
  }
  void add_extensions(X509V3_CTX& context, const Options& options, bool has_issuer) {
    const std::string length =
        options.path_length ? ",pathlen:" + std::to_string(*options.path_length) : "";
    if (options.has_basic_constraints)
      add(context, "basicConstraints",
          options.is_ca ? "critical,CA:TRUE" + length : "critical,CA:FALSE");
    const std::string usage = options.usage.empty()
                                  ? (options.is_ca ? "keyCertSign,cRLSign" : "digitalSignature")
                                  : options.usage;
    add(context, "keyUsage", "critical," + usage);
    if (!options.is_ca && !options.extended_usage.empty())
      add(context, "extendedKeyUsage", options.extended_usage);
    if (options.has_key_ids) {
      add(context, "subjectKeyIdentifier", "hash");
      if (has_issuer) add(context, "authorityKeyIdentifier", "keyid");
    }
    if (!options.names.empty()) add(context, "subjectAltName", options.names);
    if (!options.name_constraints.empty())
      add(context, "nameConstraints", "critical," + options.name_constraints);
    if (const auto equals = options.more.find('='); equals != std::string::npos)
      add(context, options.more.substr(0, equals), options.more.substr(equals + 1));
  }
  template <class Write>
  std::string with_trust(int usage, bool is_rejected, Write write) const {
    const std::shared_ptr<X509> copy(X509_dup(certificate()), X509_free);
    if (is_rejected) X509_add1_reject_object(copy.get(), OBJ_nid2obj(usage));
    else X509_add1_trust_object(copy.get(), OBJ_nid2obj(usage));
    return write(copy.get());
  }

  std::shared_ptr<EVP_PKEY> key_;
  std::shared_ptr<X509> certificate_;
};

/// A CRL as DER. `signer`: somebody else's key makes the signature.
inline std::string make_crl(const TestIdentity& issuer,
                            const std::vector<const TestIdentity*>& revoked, int from_days,
                            int to_days, const TestIdentity* signer) {
  const std::shared_ptr<X509_CRL> crl(X509_CRL_new(), X509_CRL_free);
  X509_CRL_set_version(crl.get(), 1);
  X509_CRL_set_issuer_name(crl.get(), X509_get_subject_name(issuer.certificate()));
  const std::shared_ptr<ASN1_TIME> time(ASN1_TIME_new(), ASN1_TIME_free);
  X509_time_adj_ex(time.get(), from_days, 0, nullptr);
  X509_CRL_set1_lastUpdate(crl.get(), time.get());
  X509_time_adj_ex(time.get(), to_days, 0, nullptr);
  X509_CRL_set1_nextUpdate(crl.get(), time.get());
  for (const TestIdentity* one : revoked) {
    X509_REVOKED* const entry = X509_REVOKED_new();
    X509_REVOKED_set_serialNumber(entry, X509_get_serialNumber(one->certificate()));
    X509_REVOKED_set_revocationDate(entry, time.get());
    X509_CRL_add0_revoked(crl.get(), entry);
  }
  X509_CRL_sort(crl.get());
  X509_CRL_sign(crl.get(), (signer ? signer : &issuer)->key(), EVP_sha256());
  return TestIdentity::encoded([&](unsigned char** out) { return i2d_X509_CRL(crl.get(), out); });
}

/// DER in PEM form.
inline std::string pem_block(const std::string& label, const std::string& der) {
  return TestIdentity::text([&](BIO* bio) {
    return PEM_write_bio(bio, label.c_str(), "", reinterpret_cast<const unsigned char*>(der.data()),
                         static_cast<long>(der.size()));
  });
}

}  // namespace handshaked::diagnose
