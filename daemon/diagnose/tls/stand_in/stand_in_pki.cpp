#include "diagnose/tls/stand_in/stand_in_pki.h"

#include <algorithm>

#include <openssl/err.h>

#include "diagnose/certificates/issuer_search.h"
#include "diagnose/certificates/openssl_handle.h"

namespace handshaked::diagnose {
namespace {

Result<Der> encoded(X509* certificate) {
  unsigned char* bytes = nullptr;
  const int size = i2d_X509(certificate, &bytes);
  if (size <= 0)
    return fail(ErrorCode::invalid_input,
                "a stand-in certificate cannot be written: " + take_openssl_error().reason);
  Der der(reinterpret_cast<char*>(bytes), static_cast<std::size_t>(size));
  OPENSSL_free(bytes);
  return der;
}

bool add_extension(X509* certificate, X509* issuer, int nid, const char* value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  const OpensslHandle<X509_EXTENSION, X509_EXTENSION_free> extension(
      X509V3_EXT_conf_nid(nullptr, &context, nid, value));
  return extension && X509_add_ext(certificate, extension.get(), -1) == 1;
}

}  // namespace

StandInPki::StandInPki(std::vector<Certificate> originals) : originals_(std::move(originals)) {}

StandInPki::Key StandInPki::key_for(const std::string& public_key_sha256) {
  Key& key = keys_[public_key_sha256];
  if (!key) key = Key(EVP_EC_gen("P-256"), EVP_PKEY_free);
  return key;
}

StandInPki::Key StandInPki::signer_of(const Certificate& certificate) {
  if (certificate.facts().self_signed) return key_for(certificate.facts().public_key_sha256);
  for (const Certificate& original : originals_) {
    if (certificate.names_as_issuer(original) && certificate.is_signed_by(original))
      return key_for(original.facts().public_key_sha256);
  }
  return key_for("unknown issuer of " + certificate.facts().sha256);
}

Result<Der> StandInPki::copy_of(const Certificate& original) {
  if (const auto made = copies_.find(original.facts().sha256); made != copies_.end())
    return made->second;
  const X509Handle copy(X509_dup(original.handle()));
  const Key key = key_for(original.facts().public_key_sha256), signer = signer_of(original);
  if (!copy || !key || !signer || X509_set_pubkey(copy.get(), key.get()) != 1 ||
      X509_sign(copy.get(), signer.get(), EVP_sha256()) == 0)
    return fail(ErrorCode::invalid_input,
                "no stand-in for " + original.facts().subject + ": " + take_openssl_error().reason);
  TRY(Der der, encoded(copy.get()));
  copies_.emplace(original.facts().sha256, der);
  return der;
}

Result<std::vector<Der>> StandInPki::client_chain(const Certificate& issuer, int strangers,
                                                  Time now) {
  std::vector<Der> chain;
  X509Handle above;
  std::string signer = issuer.facts().public_key_sha256;
  for (int number = strangers; number >= 0; --number) {
    const std::string name =
        number == 0 ? "stand-in client" : "stand-in CA " + std::to_string(number);
    TRY(Der der, issued(name, {signer, above ? above.get() : issuer.handle()}, number > 0, now));
    const auto* at = reinterpret_cast<const unsigned char*>(der.data());
    above.reset(d2i_X509(nullptr, &at, static_cast<long>(der.size())));
    if (!above) return fail(ErrorCode::invalid_input, "a stand-in certificate cannot be read");
    signer = name;
    chain.insert(chain.begin(), std::move(der));
  }
  return chain;
}

Result<Der> StandInPki::issued(const std::string& name, const Signer& issuer, bool is_ca,
                               Time now) {
  const X509Handle leaf(X509_new());
  const Key key = key_for(name), signer = key_for(issuer.key);
  if (!leaf || !key || !signer)
    return fail(ErrorCode::limit_exceeded, "no memory for a stand-in certificate");
  X509_set_version(leaf.get(), 2);
  ASN1_INTEGER_set(X509_get_serialNumber(leaf.get()), 4711);
  const std::time_t at =
      std::chrono::system_clock::to_time_t(std::chrono::floor<std::chrono::seconds>(now));
  constexpr long kHour = 3600;
  X509_time_adj(X509_getm_notBefore(leaf.get()), -kHour, const_cast<std::time_t*>(&at));
  X509_time_adj(X509_getm_notAfter(leaf.get()), kHour, const_cast<std::time_t*>(&at));
  X509_NAME_add_entry_by_txt(X509_get_subject_name(leaf.get()), "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
  X509_set_issuer_name(leaf.get(), X509_get_subject_name(issuer.certificate));
  X509_set_pubkey(leaf.get(), key.get());
  const auto add = [&](int nid, const char* value) {
    return add_extension(leaf.get(), issuer.certificate, nid, value);
  };
  const bool has_extensions = is_ca ? add(NID_basic_constraints, "critical,CA:TRUE") &&
                                          add(NID_key_usage, "critical,keyCertSign,cRLSign")
                                    : add(NID_basic_constraints, "critical,CA:FALSE") &&
                                          add(NID_key_usage, "critical,digitalSignature") &&
                                          add(NID_ext_key_usage, "clientAuth");
  if (!has_extensions || X509_sign(leaf.get(), signer.get(), EVP_sha256()) == 0)
    return fail(ErrorCode::invalid_input,
                "no stand-in client certificate: " + take_openssl_error().reason);
  return encoded(leaf.get());
}

}  // namespace handshaked::diagnose
