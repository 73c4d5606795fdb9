#include "diagnose/probe/child/child_material.h"

#include "diagnose/tls/parsed_replay.h"

namespace handshaked::diagnose {
namespace {

auto no_such(const char* what) {
  return fail(ErrorCode::invalid_input, std::string("no such ") + what);
}

}  // namespace

Result<x509_st*> ChildMaterial::sent(std::size_t index) {
  if (index >= certificates_.size()) return no_such("certificate");
  StoredCertificate& stored = certificates_[index];
  if (!stored.sent) {
    TRY(stored.sent, parse_from_wire(stored.der));
  }
  return stored.sent.get();
}

Result<const Certificate*> ChildMaterial::certificate(std::size_t index) {
  if (index >= certificates_.size()) return no_such("certificate");
  StoredCertificate& stored = certificates_[index];
  if (!stored.parsed) {
    TRY(auto parsed, Certificate::from_der(stored.der));
    stored.parsed = std::make_unique<Certificate>(std::move(parsed));
  }
  return stored.parsed.get();
}

Result<X509_crl_st*> ChildMaterial::crl(std::size_t index) {
  if (index >= crls_.size()) return no_such("CRL");
  StoredCrl& stored = crls_[index];
  if (!stored.parsed) {
    TRY(auto parsed, RevocationList::from_der(stored.der));
    stored.parsed = std::make_unique<RevocationList>(std::move(parsed));
  }
  return stored.parsed->handle();
}

}  // namespace handshaked::diagnose
