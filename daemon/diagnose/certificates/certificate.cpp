#include "diagnose/certificates/certificate.h"

#include <openssl/err.h>
#include <openssl/pem.h>

#include "base/digest.h"
#include "diagnose/certificates/certificate_reading.h"
#include "diagnose/certificates/openssl_handle.h"

namespace handshaked::diagnose {
namespace {

auto malformed(const std::string& what) {
  const OpensslError error = take_openssl_error();
  return fail(ErrorCode::invalid_input, error.code ? what + ": " + error.reason : what);
}

template <class Write>
std::string pem_of(Write write) {
  const BioHandle bio(BIO_new(BIO_s_mem()));
  if (!bio || !write(bio.get())) return {};
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &bytes);
  return size > 0 ? std::string(bytes, static_cast<std::size_t>(size)) : std::string();
}

}  // namespace

Result<Certificate> Certificate::from_der(std::string_view der) {
  if (der.size() > kMaxDerBytes)
    return fail(ErrorCode::limit_exceeded,
                "a certificate of " + std::to_string(der.size()) + " bytes");
  ERR_clear_error();
  const auto* const begin = reinterpret_cast<const unsigned char*>(der.data());
  const auto* at = begin;
  std::shared_ptr<X509> handle(d2i_X509(nullptr, &at, static_cast<long>(der.size())), X509_free);
  if (!handle) return malformed("not a certificate");

  auto value = std::make_shared<Parsed>();
  value->der = Der(der.substr(0, static_cast<std::size_t>(at - begin)));
  if (value->der.size() != der.size()) {
    // Behind the certificate of a TRUSTED CERTIFICATE stand its trust settings, and nothing else
    // may.
    at = begin;
    handle.reset(d2i_X509_AUX(nullptr, &at, static_cast<long>(der.size())), X509_free);
    if (!handle || at != begin + der.size()) return malformed("bytes after the certificate");
    value->der_with_trust = Der(der);
  }
  value->facts = read_facts(handle.get(), value->der);
  value->handle = std::move(handle);
  return Certificate(std::move(value));
}

std::string Certificate::pem() const {
  return pem_of([this](BIO* bio) { return PEM_write_bio_X509(bio, handle()); });
}

bool Certificate::names_as_issuer(const Certificate& issuer) const {
  return X509_NAME_cmp(X509_get_issuer_name(handle()), X509_get_subject_name(issuer.handle())) == 0;
}

bool Certificate::is_signed_by(const Certificate& issuer) const {
  EVP_PKEY* const key = X509_get0_pubkey(issuer.handle());
  const bool is_signed = key && X509_verify(handle(), key) == 1;
  ERR_clear_error();
  return is_signed;
}

bool Certificate::matches_host(std::string_view name) const {
  // OpenSSL takes length 0 to mean "measure it"; nginx refuses an empty name before it comes to
  // that.
  return !name.empty() && X509_check_host(handle(), name.data(), name.size(), 0, nullptr) == 1;
}

Result<RevocationList> RevocationList::from_der(std::string_view der) {
  if (der.size() > kMaxDerBytes)
    return fail(ErrorCode::limit_exceeded, "a CRL of " + std::to_string(der.size()) + " bytes");
  ERR_clear_error();
  const auto* at = reinterpret_cast<const unsigned char*>(der.data());
  const auto* const end = at + der.size();
  X509_CRL* const parsed = d2i_X509_CRL(nullptr, &at, static_cast<long>(der.size()));
  if (!parsed) return malformed("not a CRL");
  std::shared_ptr<X509_CRL> handle(parsed, X509_CRL_free);
  if (at != end) return malformed("bytes after the CRL");

  auto value = std::make_shared<Parsed>();
  value->der = Der(der);
  RevocationListFacts& facts = value->facts;
  facts.issuer = name_text(X509_CRL_get_issuer(parsed));
  facts.issuer_hash = name_hash(X509_CRL_get_issuer(parsed));
  facts.last_update = read_time(X509_CRL_get0_lastUpdate(parsed));
  if (const ASN1_TIME* const next = X509_CRL_get0_nextUpdate(parsed))
    facts.next_update = read_time(next);
  facts.signature_algorithm = OBJ_nid2sn(X509_CRL_get_signature_nid(parsed));
  facts.sha256 = sha256_hex(der);
  facts.revoked =
      static_cast<std::size_t>(std::max(0, sk_X509_REVOKED_num(X509_CRL_get_REVOKED(parsed))));
  if (auto* const id = static_cast<AUTHORITY_KEYID*>(
          X509_CRL_get_ext_d2i(parsed, NID_authority_key_identifier, nullptr, nullptr))) {
    if (id->keyid)
      facts.authority_key_id = hex_text(ASN1_STRING_get0_data(id->keyid),
                                        static_cast<std::size_t>(ASN1_STRING_length(id->keyid)));
    AUTHORITY_KEYID_free(id);
  }
  value->handle = std::move(handle);
  ERR_clear_error();
  return RevocationList(std::move(value));
}

std::string RevocationList::pem() const {
  return pem_of([this](BIO* bio) { return PEM_write_bio_X509_CRL(bio, handle()); });
}

bool RevocationList::revokes(const Certificate& certificate) const {
  if (X509_NAME_cmp(X509_get_issuer_name(certificate.handle()), X509_CRL_get_issuer(handle())) != 0)
    return false;
  X509_REVOKED* entry = nullptr;
  return X509_CRL_get0_by_cert(handle(), &entry, certificate.handle()) == 1;
}

bool RevocationList::names_as_issuer(const Certificate& issuer) const {
  return X509_NAME_cmp(X509_CRL_get_issuer(handle()), X509_get_subject_name(issuer.handle())) == 0;
}

bool RevocationList::is_signed_by(const Certificate& issuer) const {
  EVP_PKEY* const key = X509_get0_pubkey(issuer.handle());
  const bool is_signed = names_as_issuer(issuer) && key && X509_CRL_verify(handle(), key) == 1;
  ERR_clear_error();
  return is_signed;
}

}  // namespace handshaked::diagnose
