#include "cli/log/match_line.h"

#include <charconv>
#include <concepts>

#include "base/json_text.h"
#include "base/json_writer.h"

namespace handshaked::cli {
namespace {

/// Members of one flat object, with names that are given with their punctuation: `,"line":`. The first one's comma is
/// turned into the brace.
class Members {
 public:
  explicit Members(std::string& out) : out_(out), begin_(out.size()) {}

  void text(std::string_view name, std::string_view value) { append_json_string(out_.append(name), value); }
  void present_text(std::string_view name, std::string_view value) {
    if (parse::has(value)) text(name, value);
  }
  void number(std::string_view name, std::integral auto value) {
    char digits[24];
    const auto [end, error] = std::to_chars(digits, digits + sizeof digits, value);
    out_.append(name).append(digits, static_cast<std::size_t>(end - digits));
  }
  template <class T>
  void present_number(std::string_view name, const std::optional<T>& value) {
    if (value) number(name, *value);
  }
  void truth(std::string_view name, bool value) { out_.append(name).append(value ? "true" : "false"); }
  bool empty() const { return out_.size() == begin_; }
  void close() {
    if (empty()) out_ += '{';
    else out_[begin_] = '{';
    out_ += '}';
  }

 private:
  std::string& out_;
  std::size_t begin_;
};

void append_openssl_errors(std::string& out, const parse::TlsDetail& tls) {
  if (tls.error_count == 0) return;
  out += ",\"openssl_errors\":[";
  for (std::size_t i = 0; i < tls.error_count; ++i) {
    if (i != 0) out += ',';
    append_json_string(out, tls.errors[i].whole);
  }
  out += ']';
}

/// A rule that takes lines of every side says nothing about the side; the line does.
constexpr std::size_t kAllSides = 4;

}  // namespace

MatchLineWriter::MatchLineWriter(std::string_view file, const match::RuleSet& rules)
    : first_rule_(rules.rules().data()), rule_texts_(rules.rules().size()) {
  beginning_ = "{\"file\":";
  append_json_string(beginning_, file);
  beginning_ += ",\"line\":";
}

const std::string& MatchLineWriter::rule_text(const match::Rule& rule) {
  std::string& text = rule_texts_[static_cast<std::size_t>(&rule - first_rule_)];
  if (!text.empty()) return text;
  text = ",\"rule\":";
  append_json_string(text, rule.id).append(",\"causes\":[");
  for (const match::CandidateCause& candidate : rule.causes) {
    append_json_string(text, candidate.cause) += ',';
  }
  if (text.ends_with(',')) text.pop_back();
  text += "],\"severity\":";
  append_json_string(text, match::to_string(rule.severity)).append(",\"noise\":").append(rule.noise ? "true" : "false");
  return text;
}

const std::string& MatchLineWriter::time_text(const parse::ZonedTime& time) {
  if (time_text_.empty() || time.utc != text_is_of_.utc || time.offset != text_is_of_.offset) {
    text_is_of_ = time;
    time_text_ = ",\"time\":\"" + parse::format_rfc3339(time) + "\"";
  }
  return time_text_;
}

void MatchLineWriter::append(std::string& out, const match::RecognisedLine& failure) {
  out += beginning_;
  Members members(out);
  members.number("", failure.line_number);
  members.number(",\"offset\":", failure.offset.value);
  out += rule_text(failure.rule);
  const parse::Side side = failure.rule.contexts.size() == kAllSides ? failure.record.side : failure.rule.side;
  out.append(",\"side\":\"").append(parse::to_string(side)).append("\"");
  members.truth(",\"trusted\":", failure.trusted);
  append_record_member(out, failure.record, failure.time ? std::string_view(time_text(*failure.time)) : std::string_view{});
  append_tls_member(out, failure.tls);
  out += "}\n";
}

void append_record_member(std::string& out, const parse::ErrorRecord& record, std::string_view time_member) {
  out += ",\"record\":";
  Members members(out);
  out += time_member;
  if (record.level != parse::Level::none) members.text(",\"level\":", parse::to_string(record.level));
  members.present_number(",\"pid\":", record.pid);
  members.present_number(",\"tid\":", record.tid);
  members.present_number(",\"connection\":", record.connection);
  members.text(",\"message\":", record.message);
  if (!record.action.empty()) members.text(",\"action\":", record.action);
  members.present_text(",\"client\":", record.client);
  members.present_text(",\"server\":", record.server);
  members.present_text(",\"request\":", record.request);
  members.present_text(",\"upstream\":", record.upstream);
  if (const std::string_view peer = parse::has(record.upstream) ? parse::upstream_peer(record) : record.peer; !peer.empty()) {
    members.text(",\"peer\":", peer);
  }
  members.present_text(",\"host\":", record.host);
  members.present_text(",\"referrer\":", record.referrer);
  members.truth(",\"truncated\":", record.truncated);
  members.close();
}

void append_tls_member(std::string& out, const parse::TlsDetail& tls) {
  static constexpr std::string_view kName = ",\"tls\":";
  const std::size_t before = out.size();
  out += kName;
  Members members(out);
  members.present_number(",\"verify_code\":", tls.verify_code);
  members.present_text(",\"verify_text\":", tls.verify_text);
  if (tls.decisive != nullptr) {
    members.present_text(",\"reason\":", tls.decisive->reason);
    if (tls.decisive->reason_code != 0) members.number(",\"reason_code\":", tls.decisive->reason_code);
  }
  members.present_number(",\"alert\":", tls.alert);
  append_openssl_errors(out, tls);
  members.present_text(",\"name\":", tls.name);
  if (members.empty()) out.resize(before);
  else members.close();
}

}  // namespace handshaked::cli
