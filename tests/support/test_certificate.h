#pragma once

#include <string>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

namespace handshaked::test {

/// A certificate for the length of a test: a CA of its own, or one that `issuer` signed for `names`
/// ("DNS:a,IP:127.0.0.1").
class TestCertificate {
 public:
  static TestCertificate authority() { return TestCertificate("Test CA", "", nullptr); }
  static TestCertificate server(const std::string& names, const TestCertificate& issuer) {
    return TestCertificate("server", names, &issuer);
  }
  TestCertificate(const TestCertificate&) = delete;
  ~TestCertificate() {
    X509_free(certificate_);
    EVP_PKEY_free(key_);
  }

  X509* certificate() const { return certificate_; }
  EVP_PKEY* key() const { return key_; }
  std::string certificate_pem() const {
    return pem([this](BIO* bio) { PEM_write_bio_X509(bio, certificate_); });
  }
  std::string key_pem() const {
    return pem([this](BIO* bio) {
      PEM_write_bio_PrivateKey(bio, key_, nullptr, nullptr, 0, nullptr, nullptr);
    });
  }

 private:
  TestCertificate(const std::string& common_name, const std::string& names,
                  const TestCertificate* issuer)
      : key_(EVP_EC_gen("P-256")), certificate_(X509_new()) {
    const X509* const issuer_certificate = issuer ? issuer->certificate_ : certificate_;
    X509_set_version(certificate_, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate_), issuer ? 2 : 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate_), -3600);
    X509_gmtime_adj(X509_getm_notAfter(certificate_), 3600);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate_), "CN", MBSTRING_UTF8,
                               reinterpret_cast<const unsigned char*>(common_name.c_str()), -1, -1,
                               0);
    X509_set_issuer_name(certificate_, X509_get_subject_name(issuer_certificate));
    X509_set_pubkey(certificate_, key_);
    X509V3_CTX context;
    X509V3_set_ctx(&context, const_cast<X509*>(issuer_certificate), certificate_, nullptr, nullptr,
                   0);
    add(context, NID_basic_constraints, issuer ? "CA:FALSE" : "critical,CA:TRUE");
    if (!names.empty()) add(context, NID_subject_alt_name, names);
    X509_sign(certificate_, issuer ? issuer->key_ : key_, EVP_sha256());
  }

  void add(X509V3_CTX& context, int kind, const std::string& value) {
    X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str());
    X509_add_ext(certificate_, extension, -1);
    X509_EXTENSION_free(extension);
  }

  template <class Write>
  static std::string pem(Write write) {
    BIO* bio = BIO_new(BIO_s_mem());
    write(bio);
    char* bytes = nullptr;
    const long size = BIO_get_mem_data(bio, &bytes);
    std::string text(bytes, static_cast<std::size_t>(size));
    BIO_free(bio);
    return text;
  }

  EVP_PKEY* key_;
  X509* certificate_;
};

}  // namespace handshaked::test
