#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "diagnose/upstream/upstream_case.h"

namespace handshaked::diagnose {

/// How well something suggests that a name is the one that was meant. In order.
enum class NameSupport : std::uint8_t {
  configured,   ///< the configuration names that host for this upstream: a server of the group, a
                ///< Host header, another *_ssl_name, a comment
  near_miss,    ///< of the certificate, and but a slip away from the name that is configured
  same_domain,  ///< of the certificate, and a neighbour of names that the configuration serves
  only_name,  ///< of the certificate, which has no other; nothing in the configuration suggests it
  one_of_many,  ///< of the certificate, nothing suggests it among others
};

/// A name that *_ssl_name could be. Never a wildcard, never an address.
struct NameCandidate {
  std::string name;
  NameSupport support = NameSupport::one_of_many;
  std::string
      where;  ///< what suggests it, for people: "server api.corp.test:443 of the group backend"
  bool is_covered = false;  ///< the leaf that was seen covers it
  /// The configuration means this host: it names it, or names no other and this peer says whose it
  /// is. Only then is a proof one: that a peer proves some other name says nothing about the host
  /// that was meant.
  bool is_meant = false;
};

/// What suggests a name.
Text where_text(const NameCandidate& candidate);
/// Why a change to a name that the configuration does not mean stays unproved, although it passes.
Text not_meant(const std::string& name);

/// Names to try at this place, best first; those that the seen leaf covers before others, which
/// only another SNI could make right.
std::vector<NameCandidate> name_candidates(UpstreamCase& upstream, const UpstreamVerdict& verdict);

/// A host name with a dot that is no address: what somebody means as a name of DNS. The name of a
/// group can be one.
bool is_host_name(std::string_view name);
/// One is a slip of the other: a letter or two, a first label with something attached, or the same
/// first label in a neighbouring domain.
bool is_near(std::string_view left, std::string_view right);
/// One label is a letter away, and too long for the two to be hosts side by side; digits count
/// hosts, and are never a slip.
bool is_misspelling(std::string_view left, std::string_view right);
/// "*.apps.corp.test" covers one label: `name` has two or more before ".apps.corp.test".
bool is_below_wildcard(std::string_view name, std::string_view wildcard);

}  // namespace handshaked::diagnose
