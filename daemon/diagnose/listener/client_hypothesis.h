#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.h"
#include "diagnose/certificates/ca_store.h"
#include "diagnose/tls/chain_replay.h"
#include "diagnose/tls/stand_in/stand_in_pki.h"

namespace handshaked::diagnose {

/// What nginx verifies the certificates of clients with, at one server.
struct ClientTrust {
  std::vector<Certificate> trusted;  ///< of ssl_client_certificate, then ssl_trusted_certificate
  std::vector<RevocationList> crls;  ///< of ssl_crl; `check_crls` when the directive is there
  bool check_crls = false;
  int depth = 1;
};

/// A client that could have been there: one whose certificate a CA at hand has issued.
struct ClientHypothesis {
  Certificate issuer;  ///< issued the client's certificate
  std::vector<Certificate>
      sent;  ///< intermediates (and perhaps root) that the client sends behind its own
  std::vector<Certificate> above;  ///< from `issuer` up to its root, without `issuer`
  bool has_root = false;           ///< the way up ends in a self-signed certificate
  int strangers =
      0;  ///< CAs between the client and `issuer` that are in no file here, and that it sends
  int verify_code = 0;  ///< what nginx would log about it with the trust as it is

  const Certificate& root() const { return above.empty() ? issuer : above.back(); }
};

/// Plays through which clients nginx would refuse, and how: for every CA at hand that may issue
/// certificates for clients, a stand-in certificate is issued and verified as nginx does. The
/// client's own chain is in no log; these are the ones that could have been it. Pure computation on
/// this host's own certificates; at most kMostIssuers are tried.
class ClientHypotheses {
 public:
  ClientHypotheses(const ClientTrust& trust, const CaStore& store, Time now);
  /// Those with CAs below a listed one that are in no file here: as many as the listed one allows,
  /// and as the depth may be short of.
  std::vector<ClientHypothesis> with_strangers(const ClientTrust& trust);

  /// Everything that was tried, whatever its code.
  const std::vector<ClientHypothesis>& all() const { return all_; }
  /// The code that nginx would log about one of them with another trust.
  int code_with(const ClientHypothesis& hypothesis, const ClientTrust& trust);

  static constexpr std::size_t kMostIssuers = 160;
  static constexpr int kMostStrangers = 3;

 private:
  void add(const Certificate& issuer, const ClientTrust& trust, const CaStore& store, Time now);

  StandInPki pki_;
  Time now_;
  std::vector<ClientHypothesis> all_;
};

}  // namespace handshaked::diagnose
