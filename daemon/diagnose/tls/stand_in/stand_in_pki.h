#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "diagnose/certificates/certificate.h"

struct evp_pkey_st;
struct x509_st;

namespace handshaked::diagnose {

/// Copies of CA certificates that differ in nothing but their keys, so that certificates can be
/// issued under them whose real keys nobody here has: names, key ids, dates, constraints and usages
/// are the originals'. A verification that is repeated with copies takes the same path and ends in
/// the same code as with the originals, weak keys and digests aside. For this host's own
/// certificates only. One thread.
class StandInPki {
 public:
  /// The CAs among which issuers are looked for. Signatures among them are checked, so that a
  /// namesake with another key stays a stranger.
  explicit StandInPki(std::vector<Certificate> originals);

  /// The copy of one of the originals, DER. Fails when OpenSSL cannot make one.
  Result<Der> copy_of(const Certificate& original);
  /// A client's chain under the copy of `issuer`, leaf first, with `strangers` CAs between the two
  /// that are in no file here; without `issuer`. All are valid around `now`, the client's is for
  /// clientAuth.
  Result<std::vector<Der>> client_chain(const Certificate& issuer, int strangers, Time now);

 private:
  using Key = std::shared_ptr<evp_pkey_st>;
  Key key_for(const std::string& public_key_sha256);
  Key signer_of(const Certificate& certificate);
  struct Signer {
    std::string key;  ///< its label
    x509_st* certificate = nullptr;
  };
  Result<Der> issued(const std::string& name, const Signer& issuer, bool is_ca, Time now);

  std::vector<Certificate> originals_;
  std::map<std::string, Key> keys_;    ///< by the SHA-256 of the original's public key
  std::map<std::string, Der> copies_;  ///< by the SHA-256 of the original
};

}  // namespace handshaked::diagnose
