#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "match/rule_set.h"
#include "parse/nginx_error_parser.h"
#include "parse/wrapped_lines.h"

namespace handshaked {

/// Reads one line and names the rule that wins it, in whatever form the line comes: what
/// LineAnalysis, `explain` and `rules test` decide with.
///
/// A line with a whole header is parsed and matched, no more. Of any other the header is read as
/// far as it is left, and where nothing says where the message begins the rules say it: they know
/// how messages begin. One a thread.
class LineReader {
 public:
  explicit LineReader(std::shared_ptr<const match::RuleSet> rules) : matcher_(std::move(rules)) {}

  /// The rule that wins `line`, or nullptr. `line` may be several lines into which one record was
  /// wrapped.
  const match::Rule* read(std::string_view line);
  /// The same for a line of `block`: one record may have been wrapped into it and the lines around
  /// it, not before `floor`. `span` becomes what was read.
  const match::Rule* read_within(std::string_view block, parse::LineSpan& span, std::size_t floor);
  /// The record of the last read. Borrows from the line, or from this reader until the next one.
  const parse::ErrorRecord& record() const { return *record_; }
  /// The line of the last read; one that was wrapped is joined.
  std::string_view line() const { return line_; }
  /// What it says about TLS.
  const parse::TlsDetail& tls_detail();
  const match::RuleSet& rules() const { return matcher_.rules(); }

 private:
  const match::Rule* read_single(std::string_view line);
  /// Reads a line that nothing around it completes, also one of which only the error queue is left.
  const match::Rule* read_remains(std::string_view line);
  std::size_t end_before_next_message(std::string_view block, parse::LineSpan pieces);
  const match::Rule* read_wrapped(std::string_view lines);
  /// Looks for a message inside a bare line.
  const match::Rule* find_message(const match::Rule* fallback);
  /// The same in the beginning of its text. nullptr, and any record: nothing found.
  const match::Rule* find_message_in(std::string_view text);
  bool is_nobodys_text(std::string_view text, std::size_t at) const;
  /// Reads `line` in the ways in which it may have been altered. A rule that says more of it then,
  /// else `rule`, which won it as it is.
  const match::Rule* read_altered(std::string_view line, const match::Rule* rule);
  /// Reads a line with a whole header with what OpenSSL's codes say where their words are lost. A
  /// code says as much as its words: the line stays what it is. At the start of nginx, where lines
  /// are rare, this is tried on what a rule knows, too.
  const match::Rule* read_completed(std::string_view line, const match::Rule* rule);

  parse::NginxErrorParser parser_;
  match::Matcher matcher_;
  const parse::ErrorRecord* record_ = nullptr;
  std::string_view line_;
  parse::TlsDetail tls_;
  std::vector<match::MessagePlace> places_;
  std::string joined_, altered_, beginning_;
};

}  // namespace handshaked
