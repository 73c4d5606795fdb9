#pragma once

#include <optional>
#include <string>
#include <vector>

#include "diagnose/case/configured_file.h"
#include "diagnose/case/local_case.h"
#include "diagnose/certificates/issuer_search.h"
#include "diagnose/certificates/pem_bundle.h"
#include "diagnose/tls/chain_replay.h"

namespace handshaked::diagnose {

/// A certificate chain that a server of ours presents, as its file has it, and what it lacks. A
/// value.
struct ServedChain {
  ConfiguredFile file;
  PemBundle bundle;  ///< at least one certificate; the first is the leaf
  IssuerPath path;   ///< from the leaf up, through the file and the CA collection
  std::vector<Certificate>
      missing;  ///< intermediates of `path` that the file lacks; the root need not be sent
  /// The topmost certificate that is known names an issuer that is in no file here: whether
  /// something is missing cannot be told.
  bool is_open_ended = false;

  const Certificate& leaf() const { return bundle.certificates.front().certificate; }
  bool is_self_signed() const { return leaf().facts().self_signed; }
  std::vector<Der> sent() const;
};

/// Reads the file of an ssl_certificate. Fails when it cannot be read, or holds no certificate.
Result<ServedChain> read_served_chain(const LocalCase& local, const ConfiguredFile& file);

/// What a client that trusts the root of the chain would say, offered `sent`, and asking for `name`
/// (empty: any). nullopt when the root is not known.
std::optional<ReplayResult> as_client_sees(const ServedChain& chain, const std::vector<Der>& sent,
                                           const std::string& name, Time now);

/// Proposes the file with the missing intermediates behind the leaf, proved by the replay of a
/// client.
void propose_missing_intermediates(LocalCase& local, const ServedChain& chain,
                                   std::string_view fix_id);

/// "verify code 21 (unable to verify the first certificate)", "the chain verifies".
Text summary_of(const ReplayResult& result);

}  // namespace handshaked::diagnose
