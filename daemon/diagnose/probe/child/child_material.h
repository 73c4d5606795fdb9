#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "diagnose/certificates/certificate.h"
#include "diagnose/certificates/certificate_facts.h"

namespace handshaked::diagnose {

/// The certificates and CRLs of one session in the child process, by number, in the order in which
/// they came. Each is parsed when it is first used, and kept.
class ChildMaterial {
 public:
  void add_certificate(Der der) { certificates_.push_back({std::move(der), nullptr, nullptr}); }
  void add_crl(Der der) { crls_.push_back({std::move(der), nullptr}); }

  /// As libssl takes it from a peer: without trust settings. invalid_input when it is malformed or
  /// there is none of that number.
  Result<x509_st*> sent(std::size_t index);
  /// As a trust file has it.
  Result<const Certificate*> certificate(std::size_t index);
  Result<X509_crl_st*> crl(std::size_t index);

 private:
  struct StoredCertificate {
    Der der;
    std::shared_ptr<x509_st> sent;
    std::unique_ptr<Certificate> parsed;
  };
  struct StoredCrl {
    Der der;
    std::unique_ptr<RevocationList> parsed;
  };
  std::vector<StoredCertificate> certificates_;
  std::vector<StoredCrl> crls_;
};

}  // namespace handshaked::diagnose
