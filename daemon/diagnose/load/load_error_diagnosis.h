#pragma once

#include <string_view>

#include "diagnose/case/configured_file.h"
#include "diagnose/case/load_error.h"
#include "diagnose/case/local_case.h"

namespace handshaked::diagnose {

// The kinds of faults that nginx meets when it loads its configuration. Each concludes a cause and proposes what this host's files allow.

/// A file that a TLS directive names: missing, not readable, not what it should be, not the partner of the other one.
void diagnose_load_of_file(LocalCase& local, const LoadError& error, const ConfiguredFile& file);
void diagnose_certificate_file(LocalCase& local, const LoadError& error, const ConfiguredFile& file, std::string text);
void diagnose_key_file(LocalCase& local, const LoadError& error, const ConfiguredFile& file, std::string text);
void diagnose_trust_file(LocalCase& local, const ConfiguredFile& file, std::string text);
void diagnose_crl_file(LocalCase& local, const LoadError& error, const ConfiguredFile& file, const Result<std::string>& text);
void diagnose_dhparam(LocalCase& local, const LoadError& error, const ConfiguredFile& file);
/// Certificate and key do not belong together. `file` is either of them.
void diagnose_key_mismatch(LocalCase& local, const ConfiguredFile& file);

/// A value that OpenSSL or nginx does not know: curves, ciphers, conf commands, protocols, directive names. False: it is none of these.
bool diagnose_value(LocalCase& local, const LoadError& error);

/// A directive that another one needs is not there. False: the line says something else.
bool diagnose_missing_directive(LocalCase& local, const LoadError& error);

/// Proposes CA certificates of the collection for a file of trusted certificates that is missing or broken, when the upstreams that it is
/// for answer with a chain that ends in them. `readable`: what of the file is still good and stays.
void propose_trust_for_upstreams(LocalCase& local, const ConfiguredFile& file, std::vector<Certificate> readable, std::string_view fix_id);

/// The same where the directive itself is missing: `verify` is the *_ssl_verify directive that asks for it.
void propose_trust_directive(LocalCase& local, const nginx::Directive& verify, std::string_view directive_name);

}  // namespace handshaked::diagnose
