#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "diagnose/case/configured_file.h"
#include "diagnose/case/load_error.h"
#include "diagnose/case/local_case.h"

namespace handshaked::diagnose {

// The kinds of faults that nginx meets when it loads its configuration. Each concludes a cause and
// proposes what this host's files allow.

/// A file that a TLS directive names: missing, not readable, not what it should be, not the partner
/// of the other one.
void diagnose_load_of_file(LocalCase& local, const LoadError& error, const ConfiguredFile& file);
void diagnose_certificate_file(LocalCase& local, const LoadError& error, const ConfiguredFile& file,
                               std::string text);
void diagnose_key_file(LocalCase& local, const LoadError& error, const ConfiguredFile& file,
                       std::string text);
/// Nothing that nginx was told opens the key.
void diagnose_encrypted_key(LocalCase& local, const LoadError& error, const ConfiguredFile& file);
/// The file of pass phrases is missing, or nginx cannot use it.
void diagnose_password_file(LocalCase& local, const LoadError& error, const ConfiguredFile& file,
                            bool is_gone);
void diagnose_trust_file(LocalCase& local, const ConfiguredFile& file, std::string text);
void diagnose_crl_file(LocalCase& local, const LoadError& error, const ConfiguredFile& file,
                       const Result<std::string>& text);
void diagnose_dhparam(LocalCase& local, const LoadError& error, const ConfiguredFile& file);
/// Certificate and key do not belong together. `file` is either of them.
void diagnose_key_mismatch(LocalCase& local, const ConfiguredFile& file);

/// A value that OpenSSL or nginx does not know: curves, ciphers, conf commands, protocols. False:
/// it is none of these.
bool diagnose_value(LocalCase& local, const LoadError& error);
/// A directive that nginx does not know, or not there, not twice, not with such arguments. False:
/// the line says something else.
bool diagnose_directive(LocalCase& local, const LoadError& error);
/// A ';' is missing: the next line's directive was taken for a value of this one's. False: the line
/// says something else.
bool diagnose_swallowed_line(LocalCase& local, const LoadError& error);
/// The nginx in use is too old for the directive. False: it is not one that came later.
bool diagnose_newer_directive(LocalCase& local, const LoadError& error);
/// `ssl_stapling` in stream, before stream had it. False: that is not it.
bool diagnose_too_early_in_stream(LocalCase& local, const nginx::Directive& directive);
/// A parameter of `listen` that this nginx does not take: `quic` before 1.25.0, `spdy` of old.
bool diagnose_listen_parameter(LocalCase& local, const LoadError& error);
/// The parameter of `listen` that has to do with TLS and that a misspelt one is meant to be.
std::optional<std::string> meant_listen_parameter(std::string_view word);
/// The directive whose text ends in, or covers, the line that the error names; of that name, when
/// there is one. nullptr: none is there.
const nginx::Directive* directive_at(const LocalCase& local, const LoadError& error,
                                     std::string_view name);
/// The cause and its place: "FILE:LINE: "ssl_ciphers HIHG": what is wrong with it".
void conclude_value(LocalCase& local, std::string cause, const nginx::Directive& directive,
                    const Text& what);
/// Whom a new value of a directive leaves out: an ordinary client of a listener that has it, or a
/// peer. nullopt: nobody that could be tried.
std::optional<Text> who_is_refused(LocalCase& local, const ConfigurationPatch& patch,
                                   const nginx::Directive& directive);
/// A peer that has to be reached with the directive, and is not with the patch.
std::optional<Text> peer_that_refuses(LocalCase& local, const ConfigurationPatch& patch,
                                      const nginx::Directive& directive);

/// A directive that another one needs is not there. False: the line says something else.
bool diagnose_missing_directive(LocalCase& local, const LoadError& error);

/// Proposes CA certificates of the collection for a file of trusted certificates that is missing or
/// broken, when the upstreams that it is for answer with a chain that ends in them. `readable`:
/// what of the file is still good and stays.
void propose_trust_for_upstreams(LocalCase& local, const ConfiguredFile& file,
                                 std::vector<Certificate> readable, std::string_view fix_id);

/// The same where the directive itself is missing: `verify` is the *_ssl_verify directive that asks
/// for it.
void propose_trust_directive(LocalCase& local, const nginx::Directive& verify,
                             std::string_view directive_name);

}  // namespace handshaked::diagnose
