#pragma once

#include <string>
#include <string_view>

#include "base/language.h"

namespace handshaked::match {

struct DeadEnd;
struct Workaround;

/// What is known of the place that a text of the knowledge base is read for; empty: not known.
/// Texts name these facts as placeholders: "openssl s_client -connect {peer} -servername {name}"
/// (rules/README.md has the list).
struct AdviceFacts {
  std::string scheme = {};  ///< decides the family of directives (directive_family)
  std::string peer = {};    ///< of the upstream: "10.0.0.1:8443"
  std::string name = {};    ///< that the upstream's certificate is checked for
  std::string server = {};  ///< of our own: "shop.example"
  std::string file = {};    ///< that the line names
  std::string line = {};    ///< of that file
  std::string trusted_file = {}, crl_file = {}, depth = {}, client_certificate = {},
              client_key = {}, ciphers = {};
  std::string certificate = {}, key = {};  ///< of our own listener
  std::string responder = {};  ///< of OCSP: its host, perhaps with what stands behind it
};

/// Puts in what is known, and the family of directives. People paste commands into a shell, and the
/// text may be part of a JSON string: a fact goes in only if it is made of characters that mean
/// nothing there. What is not known is said in words, in angle brackets, with which no shell runs
/// the command.
std::string filled_in(std::string text, const AdviceFacts& facts, Language language);

/// Every text of it.
void fill_in(Workaround& workaround, const AdviceFacts& facts, Language language);
void fill_in(DeadEnd& dead_end, const AdviceFacts& facts, Language language);

/// Whether filled_in() knows a placeholder of that name, without its braces.
bool is_advice_placeholder(std::string_view name);

}  // namespace handshaked::match
