#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "match/rule_set.h"

namespace handshaked::cli {

/// A number from OpenSSL or TLS, with its text and the rules that win the lines in which nginx
/// prints it.
struct CodeMeaning {
  std::string name;    ///< "verify code 20", "alert 48", "OpenSSL error 0A000418"
  std::string text;    ///< in OpenSSL's words; empty: OpenSSL knows no such number
  std::string detail;  ///< library and reason number of a packed code, as OpenSSL 3 packs it
  std::vector<const match::Rule*> rules;  ///< in order of precedence
  /// No rule is about this very code: the ones listed catch whatever has none of its own.
  bool only_general_rules = false;
};

/// The rules are found by asking the matcher about the lines that nginx would print, on every side:
/// so the answer cannot differ from what happens to a real line.
CodeMeaning look_up_verify_code(int code, const match::RuleSet& rules);
CodeMeaning look_up_alert(int number, const match::RuleSet& rules);
/// "0A000418", "0x0A000418", "error:0A000418", or a whole entry as nginx prints it.
CodeMeaning look_up_openssl_error(std::string_view error, const match::RuleSet& rules);

}  // namespace handshaked::cli
