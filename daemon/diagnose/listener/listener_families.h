#pragma once

#include "diagnose/case/local_case.h"
#include "diagnose/listener/listener_place.h"
#include "diagnose/tls/stand_in/tls_rehearsal.h"

namespace handshaked::diagnose {

// The kinds of faults between clients and a listener of ours. Each concludes a cause and proposes
// what the configuration and the files of this host allow; false: the line is of another kind.

/// No version, cipher suite, group, signature algorithm or application protocol in common.
bool diagnose_parameters(LocalCase& local, const ListenerPlace& place);
/// The listener speaks TLS, and its server has no certificate.
bool diagnose_no_certificate(LocalCase& local, const ListenerPlace& place);
/// The client refuses our certificate with an alert.
bool diagnose_rejected_certificate(LocalCase& local, const ListenerPlace& place);
/// Something else than a TLS handshake arrives: HTTP, a PROXY header or none, TLS where none is
/// expected.
bool diagnose_first_bytes(LocalCase& local, const ListenerPlace& place);
/// A name that no server has, refused handshakes, Host against SNI.
bool diagnose_names(LocalCase& local, const ListenerPlace& place);
/// A name that a certificate here covers and no server has: who asks for it is shown the default
/// server's certificate.
bool diagnose_forgotten_name(LocalCase& local, const ListenerPlace& place);
/// A certificate file whose path has a variable cannot be read when a client comes.
bool diagnose_dynamic_certificate(LocalCase& local, const ListenerPlace& place);
/// Certificates of clients: missing, not verified, revoked.
bool diagnose_client_certificate(LocalCase& local, const ListenerPlace& place);

/// One listener's offer, as its default server has it: it decides before a name is known.
ListenerOffer offer_of(const LocalCase& local, const nginx::ListeningServer& server);

/// The versions of TLS: ssl_protocols, and what OpenSSL's own commands say about them, do not have
/// the client's.
void diagnose_versions(LocalCase& local, const nginx::ListeningServer& server);

bool speaks(const ListenerOffer& offer, TlsVersion version);
/// 'now it ends with "no shared cipher"; with the change TLSv1.2 ECDHE-…'. `client`: who was
/// played.
Proof proof_of(const Result<Rehearsal>& before, const Result<Rehearsal>& after, const Text& client);
/// The place is where the value was set, else where the server listens.
void set_place(LocalCase& local, const nginx::ListeningServer& server,
               const nginx::EffectiveValue& value);
/// Tells a value, and where it comes from.
void add_setting(LocalCase& local, const nginx::EffectiveValue& value, std::string_view name);

/// Proposes a patch whose proof is a rehearsal with `client`. Where an operator runs the verb,
/// nginx itself answers such a client with the patched settings of `server` first: its library
/// decides.
void propose_answer(LocalCase& local, Fix fix, const Result<ConfigurationPatch>& patch,
                    const nginx::ListeningServer& server, const ClientOffer& client);

/// The offer with another value of the ssl_conf_command of that name, which is in small letters.
ListenerOffer with_command(ListenerOffer offer, std::string_view name, const std::string& value);
/// Proposes, as propose_answer() does, another value of an ssl_conf_command.
void propose_command(LocalCase& local, Fix fix, const nginx::Directive& command,
                     const std::string& value, const nginx::ListeningServer& server,
                     const ClientOffer& client);

/// A fix that the owner of the client has to make, with the words to send.
void propose_to_client(LocalCase& local, std::string_view fix_id, const Text& message);

}  // namespace handshaked::diagnose
