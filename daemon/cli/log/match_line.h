#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "match/recognised_line.h"
#include "match/rule_set.h"

namespace handshaked::cli {

/// Writes recognised lines as the JSON objects that `match` prints, one a line. What is the same for many lines (file, rule,
/// second) is written once and copied. One a log; allocates nothing per line. The rule set must outlive it.
class MatchLineWriter {
 public:
  MatchLineWriter(std::string_view file, const match::RuleSet& rules);

  /// Appends the object and a line feed.
  void append(std::string& out, const match::RecognisedLine& failure);

 private:
  const std::string& time_text(const parse::ZonedTime& time);
  const std::string& rule_text(const match::Rule& rule);

  std::string beginning_;  ///< {"file":"…","line":
  const match::Rule* first_rule_;
  std::vector<std::string> rule_texts_;  ///< by the rule's place in the set; filled when first needed
  parse::ZonedTime text_is_of_;
  std::string time_text_;
};

/// The members `,"record":{…}` and `,"tls":{…}` alone; the latter is left out when it would be empty. `time_member` is
/// `,"time":"…"` or nothing.
void append_record_member(std::string& out, const parse::ErrorRecord& record, std::string_view time_member);
void append_tls_member(std::string& out, const parse::TlsDetail& tls);

}  // namespace handshaked::cli
