#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"

namespace handshaked::diagnose {

/// One certificate as its DER bytes. What a peer sent travels in this form; only the child process
/// takes it apart.
using Der = std::string;

/// What a certificate says about itself: plain values, safe to copy and to keep, nothing of OpenSSL
/// in them. Text of strangers is UTF-8 and cut to the limits below. Names are written as RFC 2253
/// has them ("CN=leaf,O=Corp").
struct CertificateFacts {
  static constexpr std::size_t kMaxNames =
      256;  ///< of each kind of subject alternative name; `names_left_out` counts the rest
  static constexpr std::size_t kMaxTextBytes = 1024;  ///< of any one text

  std::string subject;
  std::string issuer;
  std::string common_name;   ///< the last CN of the subject; empty without one
  std::string subject_hash;  ///< of the canonical name, as `openssl x509 -subject_hash` prints it:
                             ///< equal names have equal hashes
  std::string issuer_hash;
  std::string serial;             ///< hex
  std::string sha256;             ///< of the DER bytes, hex: what people compare out of band
  std::string public_key_sha256;  ///< of the SubjectPublicKeyInfo: the same after a renewal with
                                  ///< the same key
  std::string subject_key_id;     ///< hex; empty when the extension is missing
  std::string authority_key_id;
  Time not_before{};
  Time not_after{};
  std::vector<std::string> dns_names;  ///< of the subject alternative name
  std::vector<std::string>
      ip_addresses;  ///< of the subject alternative name; nginx never compares with them
  std::size_t names_left_out = 0;
  bool has_basic_constraints = false;
  bool is_ca = false;
  std::optional<std::int64_t> path_length;
  std::string key_type;  ///< "RSA", "EC", "ED25519", …
  int key_bits = 0;
  int key_security_bits = 0;
  std::string signature_algorithm;  ///< "sha256WithRSAEncryption", "ecdsa-with-SHA256"
  std::string
      signature_digest;  ///< "SHA256"; empty where the algorithm has none of its own (Ed25519)
  int signature_security_bits = 0;
  bool has_key_usage = false;
  std::vector<std::string> key_usage;  ///< "digitalSignature", "keyCertSign", …
  bool has_extended_key_usage = false;
  std::vector<std::string>
      extended_key_usage;  ///< "serverAuth", "clientAuth", "anyExtendedKeyUsage", else the OID
  bool has_name_constraints = false;
  std::vector<std::string> unhandled_critical_extensions;  ///< names or OIDs
  std::vector<std::string> ocsp_urls;
  std::vector<std::string>
      issuer_urls;  ///< where the issuer's certificate is said to be; never fetched by itself
  bool must_staple = false;
  bool self_issued = false;  ///< issuer and subject are equal
  bool self_signed = false;  ///< and its own key made the signature

  bool operator==(const CertificateFacts&) const = default;
};

/// `at` lies in its validity period, both ends included.
inline bool is_valid_at(const CertificateFacts& certificate, Time at) {
  return certificate.not_before <= at && at <= certificate.not_after;
}

}  // namespace handshaked::diagnose
