#pragma once

#include <functional>
#include <string>
#include <vector>

#include "diagnose/upstream/verification/name_candidates.h"
#include "diagnose/upstream/verification/trust_paths.h"

namespace handshaked::diagnose {

/// What one edit of the configuration or of the files beside it is about.
enum class RepairKind : std::uint8_t {
  send_sni,     ///< *_ssl_server_name on
  set_name,     ///< *_ssl_name NAME
  raise_depth,  ///< *_ssl_verify_depth N
  trust,        ///< certificates appended to the trusted file
  renew_crl,    ///< CRLs appended to the CRL file, or put in the place of dead ones
  replace_ca,   ///< certificates in the place of ones of the same name with another key
  plain_pem,    ///< trust settings taken off the trusted file
};

/// One edit. A value.
struct Repair {
  RepairKind kind = RepairKind::send_sni;
  int cost = 1;  ///< the least change and the least trust first
  NameCandidate name{};
  int depth = 0;
  std::vector<StoredCa> certificates{};
  TrustPath path{};  ///< of trust: the way that becomes good
  std::vector<RevocationList> crls{};
  bool replaces_crls = false;

  Result<> apply(UpstreamCase& upstream, ConfigurationPatch& patch,
                 const UpstreamVerdict& before) const;
};

/// A patch on the way: what it is made of, and what nginx would do with it. `before[i]` is the
/// verdict that repair i was made for.
struct RepairedState {
  std::vector<Repair> repairs;
  std::vector<UpstreamVerdict> before;
  ConfigurationPatch patch;
  UpstreamVerdict verdict;
  int cost = 0;

  bool has(RepairKind kind) const;
  /// The name that it makes nginx verify, when the configuration does not mean that host; empty
  /// otherwise.
  std::string unmeant_name() const;
};

struct RepairSearch {
  std::vector<RepairedState> solutions;  ///< pass, and no repair in them could be left out;
                                         ///< cheapest first; at most kMostSolutions
  RepairedState
      furthest;  ///< when there is none: the state with the fewest faults left, made of what helped
  std::size_t tried = 0;
  bool was_cut = false;  ///< time or number of trials was up

  static constexpr std::size_t kMostSolutions = 3;
  static constexpr std::size_t kMostTrials = 80;
};

/// Looks for the edits that make the place of the case pass, starting from a patch (empty, or
/// somebody else's) and its verdict, which is of the stage verification or name: one edit, then
/// another on top of what has helped, cheapest first. Blocks until the deadline at most.
RepairSearch find_repairs(UpstreamCase& upstream, const ConfigurationPatch& start,
                          const UpstreamVerdict& verdict, const KnownMaterial& known);

/// The intermediates that the chain needs when no depth stops it; 0 when depth makes no difference.
int depth_needed(UpstreamCase& upstream, const UpstreamVerdict& verdict);

}  // namespace handshaked::diagnose
