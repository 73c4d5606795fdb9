#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "diagnose/case/text.h"

namespace handshaked::diagnose {

/// Was the verification repeated with the change, and what did it say?
enum class ProofStatus : std::uint8_t {
  proved,    ///< a fix: it passed; a dead end: it still failed, or passed only because a protection
             ///< was off
  refuted,   ///< it was tried and is not so
  untested,  ///< nobody tried: `detail` says why
};
enum class ProofMethod : std::uint8_t {
  none,
  replay,   ///< nginx's verification, repeated offline on what was seen
  probe,    ///< a handshake of our own
  nginx_t,  ///< `nginx -t` on a copy
  nginx,    ///< a handshake of nginx itself: a private instance of the program in use
};
std::string_view to_string(ProofStatus status);
std::string_view to_string(
    ProofMethod method);  ///< "replay", "probe", "nginx_t", "nginx"; empty for none

struct Proof {
  ProofStatus status = ProofStatus::untested;
  ProofMethod method = ProofMethod::none;
  Text detail;  ///< what was repeated and what came out, under which OpenSSL and security level
};

/// Who has to act.
enum class Owner : std::uint8_t { proxy, upstream, client, ca, network };
std::string_view to_string(Owner owner);

/// One place that a fix touches. `file` is absolute; `line` 0 means a new file, or the end of it.
struct Change {
  std::string file;
  std::uint32_t line = 0;
  std::string directive;  ///< "proxy_ssl_verify_depth"; empty for a PEM file
  std::string before;     ///< as it stood; empty: it was not there
  std::string after;      ///< empty: removed
};

struct Fix {
  std::string id;  ///< stable words: "raise-verify-depth", "trust-root"
  Owner owner = Owner::proxy;
  Text title, how;
  std::vector<Change> changes;
  std::string patch;  ///< `patch -p1 -d /`; empty when a text diff cannot do it, or somebody else
                      ///< has to act
  std::vector<std::string> commands;  ///< what to run before or after, in order; nothing in them
                                      ///< comes from a stranger unquoted
  Text message;                       ///< for other owners: the exact words to send
  bool is_unsafe =
      false;  ///< weakens a protection: never first, never applied without being told to
  double success_rate = 0;  ///< a prior, or what this installation has seen
  long evidence_count = 0;
  Proof proof;
};

struct DeadEnd {
  std::string id;
  Text action, why_fails;
  double fail_rate = 0;
  bool is_unsafe = false;
  Proof proof;
};

struct Evidence {
  std::string kind;  ///< "log", "configuration", "peer", "replay", "file", "policy", "clock"
  Text text;
};

/// The directive that governs, as nginx's inheritance has it.
struct GoverningPlace {
  std::string directive;  ///< "proxy_pass", "ssl_certificate"
  std::string file;
  std::uint32_t line = 0;
};

/// What is broken, how we know, and what to do. A value.
struct Diagnosis {
  std::string cause;  ///< a slug of rules/causes/
  double confidence = 0;
  /// The same for every incident of one root cause on this installation: "expired|SHA-256 of the
  /// certificate", "trust file|its path". Empty: nothing is known to share it.
  std::string cause_key;
  Text summary;
  std::vector<Evidence> evidence;
  std::optional<GoverningPlace> place;
  std::vector<std::string>
      also;                ///< further causes that have to be cured as well (two faults at once)
  std::vector<Fix> fixes;  ///< by rank: proved before untested, safe before unsafe, the least
                           ///< change and least trust first
  std::vector<DeadEnd> dead_ends;
  /// The place works now, under nginx's own settings: it was repeated, and passed. The fault is
  /// over, or nginx holds something old.
  bool is_healthy_now = false;
  /// It fails now, or may, and nginx writes no line about it: the peer answers a page that says so
  /// ("plain HTTP request was sent to HTTPS port", "no required SSL certificate was sent").
  bool is_silent_fault = false;
  /// The message that nginx would write now ("upstream SSL certificate verify error: (20:…) while
  /// SSL handshaking to upstream"): for peers that are looked at without a log. Empty when it
  /// works, or when that is not known.
  std::string would_log;
};

/// Orders fixes as `fixes` says; keeps the order of equals.
void rank_fixes(std::vector<Fix>& fixes);

}  // namespace handshaked::diagnose
