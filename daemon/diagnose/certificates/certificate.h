#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "diagnose/certificates/certificate_facts.h"

struct x509_st;
struct X509_crl_st;

namespace handshaked::diagnose {

/// A parsed certificate. Immutable; copies share the parsed form, which OpenSSL lets any thread
/// read. Parse the bytes of this host's own files with it; what a peer sent is parsed in the child
/// process only (replay_session.h).
class Certificate {
 public:
  static constexpr std::size_t kMaxDerBytes = 100 * 1024;  ///< what OpenSSL takes for a whole chain

  /// From DER, with or without the trust settings of a TRUSTED CERTIFICATE behind it. Bytes after
  /// the certificate are an error (invalid_input), and so is more than kMaxDerBytes
  /// (limit_exceeded).
  static Result<Certificate> from_der(std::string_view der);

  const CertificateFacts& facts() const { return parsed_->facts; }
  /// The certificate alone.
  const Der& der() const { return parsed_->der; }
  /// With its trust settings, when it has any: what a trust store must be given. Else the same as
  /// der().
  const Der& der_with_trust() const {
    return parsed_->der_with_trust.empty() ? parsed_->der : parsed_->der_with_trust;
  }
  bool has_trust_settings() const { return !parsed_->der_with_trust.empty(); }
  std::string pem() const;

  /// The subject of `issuer` is the issuer that this one names.
  bool names_as_issuer(const Certificate& issuer) const;
  /// The key of `issuer` made the signature of this one. Says nothing about dates, usage or trust.
  bool is_signed_by(const Certificate& issuer) const;
  /// What nginx's name check says: X509_check_host without flags. IP addresses of the certificate
  /// never match, the common name only counts when there is no DNS name, and an empty name matches
  /// nothing.
  bool matches_host(std::string_view name) const;

  /// For chain_replay and tls_handshake; never null.
  x509_st* handle() const { return parsed_->handle.get(); }

 private:
  struct Parsed {
    std::shared_ptr<x509_st> handle;
    Der der;
    Der der_with_trust;
    CertificateFacts facts;
  };
  explicit Certificate(std::shared_ptr<const Parsed> parsed) : parsed_(std::move(parsed)) {}
  std::shared_ptr<const Parsed> parsed_;
};

/// What a certificate revocation list says about itself.
struct RevocationListFacts {
  std::string issuer;
  std::string issuer_hash;
  std::string authority_key_id;
  Time last_update{};
  std::optional<Time> next_update;
  std::string signature_algorithm;
  std::string sha256;
  std::size_t revoked = 0;

  bool operator==(const RevocationListFacts&) const = default;
};

/// A parsed certificate revocation list. Immutable; copies share the parsed form.
class RevocationList {
 public:
  static constexpr std::size_t kMaxDerBytes = 32U << 20;

  static Result<RevocationList> from_der(std::string_view der);

  const RevocationListFacts& facts() const { return parsed_->facts; }
  const Der& der() const { return parsed_->der; }
  std::string pem() const;
  /// `certificate` is on the list; also says false when another CA issued it.
  bool revokes(const Certificate& certificate) const;
  /// `issuer` is the CA that it names, and its key made the signature.
  bool is_signed_by(const Certificate& issuer) const;
  bool names_as_issuer(const Certificate& issuer) const;
  X509_crl_st* handle() const { return parsed_->handle.get(); }

 private:
  struct Parsed {
    std::shared_ptr<X509_crl_st> handle;
    Der der;
    RevocationListFacts facts;
  };
  explicit RevocationList(std::shared_ptr<const Parsed> parsed) : parsed_(std::move(parsed)) {}
  std::shared_ptr<const Parsed> parsed_;
};

}  // namespace handshaked::diagnose
