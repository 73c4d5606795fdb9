#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "match/recognised_line.h"
#include "match/rule.h"
#include "match/rule_set.h"

namespace handshaked::diagnose {

/// What the lines of one incident tell: a copy of one recognised line, and when it was seen first
/// and last. Fields that strangers write
/// (`request_target`, `host`, `upstream_path`, parts of `message`) order candidates; nothing else
/// is decided by them.
struct Symptom {
  std::string rule_id;
  parse::Side side = parse::Side::config;
  std::vector<match::CandidateCause> candidates;  ///< likeliest first

  std::string message, action;
  std::string scheme, peer, upstream_path;  ///< of `upstream:`
  std::string server, request_target, host, client;
  std::string responder, certificate;  ///< OCSP
  std::optional<std::uint64_t> pid;    ///< of the worker
  bool is_truncated = false;

  std::optional<int> verify_code;
  std::optional<int> alert;
  std::string verify_text, reason;  ///< of the decisive OpenSSL error
  std::uint32_t reason_code = 0;
  std::string name;  ///< "upstream SSL certificate does not match "NAME""
  std::vector<std::string> openssl_errors;

  Time first_at{}, last_at{};
  std::uint64_t count = 1;

  bool has_cause(std::string_view slug) const;
  /// nginx says that the peer's certificate has not the name that it verifies.
  bool is_about_name() const;
  /// The handshake was done, and nginx did not accept the certificate.
  bool is_about_verification() const { return verify_code.has_value() || is_about_name(); }
};

Symptom symptom_of(const match::RecognisedLine& failure);

/// The same from the text of a line alone, as an incident keeps samples; nullopt when no rule knows
/// it (any more).
std::optional<Symptom> symptom_of_line(std::string_view line,
                                       std::shared_ptr<const match::RuleSet> rules);

}  // namespace handshaked::diagnose
