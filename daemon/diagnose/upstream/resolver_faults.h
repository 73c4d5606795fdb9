#pragma once

#include <optional>
#include <string>
#include <vector>

#include "diagnose/upstream/handshake/handshake_report.h"

namespace handshaked::diagnose {

/// "no resolver defined to resolve NAME" and "NAME could not be resolved" name no upstream. The
/// same symptom with the scheme and the peer of the `*_pass` that can have asked for that name at
/// run time; nullopt for other lines, and when no pass can have.
std::optional<Symptom> with_unresolved_upstream(const Symptom& symptom,
                                                const nginx::PassInventory& passes);

/// The name does not become an address: no `resolver` is in force, or the one that is does not know
/// it. Proposes the resolver that the configuration uses elsewhere, else the name servers of this
/// host, else the name without a variable.
bool diagnose_resolver(HandshakeReport& report);

/// The addresses behind "nameserver" in a resolv.conf, as nginx's `resolver` takes them; at most
/// three, as the C library reads.
std::vector<std::string> name_servers(const std::string& resolv_conf);
/// A hosts file names it: nginx's resolver does not read that.
bool is_in_hosts_file(const std::string& hosts, const std::string& name);

}  // namespace handshaked::diagnose
