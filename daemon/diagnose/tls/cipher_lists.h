#pragma once

#include <string>
#include <vector>

namespace handshaked::diagnose {

/// A cipher list for *_ssl_ciphers that has everything of `ciphers` and the suite `name` besides
/// (TLS 1.2 and older), with the least change: the name appended, else what excludes it taken out
/// as well ("HIGH:!kRSA" and AES128-SHA give "HIGH:AES128-SHA"). Empty when OpenSSL does not know
/// the suite, or its security level forbids it. The level that the list sets stays as it is.
std::string with_cipher(const std::string& ciphers, const std::string& name);

/// The suites of TLS 1.2 and older that a list stands for under the system's policy, in order; none
/// for a list that OpenSSL refuses.
std::vector<std::string> expanded_ciphers(const std::string& ciphers);

}  // namespace handshaked::diagnose
