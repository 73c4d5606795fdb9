#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/hex_name.h"
#include "base/shared.h"
#include "match/advice_facts.h"
#include "match/recognised_line.h"

namespace handshaked::correlate {

/// Where a fault is, as far as a line tells. Nothing in it can be written by a client: the peer is
/// the host and port behind `upstream:`, the server is nginx's own name or address, a path stands
/// in nginx's configuration.
struct Place {
  parse::Side side = parse::Side::config;
  std::string peer;  ///< upstream: "10.0.0.1:8443" or the name of a group; ocsp: the responder
  SharedText
      name;  ///< upstream: the name that did not match; informative, not part of the fingerprint
  SharedText server;  ///< client: the listener or server name
  SharedText object;  ///< config: the file or directive that the line names
  SharedText scheme;  ///< upstream: https, grpcs, suwsgi; empty for stream
};

/// "inc-3f0c…" and "v1:9a2b…"; others are taken as they are.
using IncidentId = HexName<"inc-", 16>;
using Fingerprint = HexName<"v1:", 32>;

/// What makes two failures one incident: the same rule at the same place.
/// `hash` tells keys apart quickly inside one process; the fingerprint is for ever.
struct IncidentKey {
  std::string_view peer, server, object;
  std::uint64_t hash = 0;
};

/// The key of a failure; borrows from its record.
IncidentKey incident_key(const match::RecognisedLine& failure);

Place place_of(const match::RecognisedLine& failure, const IncidentKey& key);
/// What advice about a failure there can be filled in with.
match::AdviceFacts advice_facts(const Place& place);

/// "v1:" and 32 hexadecimal digits over rule, side and place. Stable over reloads, restarts and
/// hosts.
std::string fingerprint(std::string_view rule_id, const Place& place);

/// How the id or the fingerprint begins that somebody means: an id ("inc-3f0c…"), its digits alone,
/// a fingerprint ("v1:…"), or the id of any event of the incident ("inc-3f0c….diagnosed.2"), each
/// as a whole or as it begins.
std::string named_incident(std::string_view text);

}  // namespace handshaked::correlate
