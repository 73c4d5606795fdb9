#include "cli/log/match_line.h"

#include <algorithm>
#include <concepts>
#include <cstring>

#include "base/json/json_text.h"
#include "parse/context.h"

namespace handshaked::cli {
namespace {

/// Members of flat objects, with names that are given with their punctuation: `,"line":`. The first
/// one's comma is turned into the brace.
class Members {
 public:
  explicit Members(MatchText& out) : out_(out), begin_(out.size()) {}

  template <std::size_t N>
  void text(const char (&name)[N], std::string_view value) {
    out_.raw(name).text(value);
  }
  template <std::size_t N>
  void present_text(const char (&name)[N], std::string_view value) {
    if (parse::has(value)) text(name, value);
  }
  template <std::size_t N>
  void number(const char (&name)[N], std::integral auto value) {
    out_.raw(name).number(value);
  }
  template <std::size_t N, class T>
  void present_number(const char (&name)[N], const std::optional<T>& value) {
    if (value) number(name, *value);
  }
  template <std::size_t N>
  void truth(const char (&name)[N], bool value) {
    out_.raw(name).raw(std::string_view(value ? "true" : "false"));
  }
  bool empty() const { return out_.size() == begin_; }
  void close() {
    if (empty()) out_.raw("{");
    else out_[begin_] = '{';
    out_.raw("}");
  }

 private:
  MatchText& out_;
  std::size_t begin_;
};

void append_openssl_errors(MatchText& out, const parse::TlsDetail& tls) {
  if (tls.error_count == 0) return;
  out.raw(",\"openssl_errors\":[");
  for (std::size_t i = 0; i < tls.error_count; ++i) {
    if (i != 0) out.raw(",");
    out.text(tls.errors[i].whole);
  }
  out.raw("]");
}

void append_message(MatchText& out, const parse::ErrorRecord& record) {
  out.raw(",\"message\":").text(record.message);
}

/// `message_member` is what append_message() writes.
void append_record(MatchText& out, const parse::ErrorRecord& record, std::string_view time_member,
                   std::string_view message_member) {
  out.raw(",\"record\":");
  Members members(out);
  out.raw(time_member);
  if (record.level != parse::Level::none)
    members.text(",\"level\":", parse::to_string(record.level));
  members.present_number(",\"pid\":", record.pid);
  members.present_number(",\"tid\":", record.tid);
  members.present_number(",\"connection\":", record.connection);
  out.raw(message_member);
  if (!record.action.empty()) members.text(",\"action\":", record.action);
  members.present_text(",\"client\":", record.client);
  members.present_text(",\"server\":", record.server);
  members.present_text(",\"request\":", record.request);
  members.present_text(",\"upstream\":", record.upstream);
  if (const std::string_view peer =
          parse::has(record.upstream) ? parse::upstream_peer(record) : record.peer;
      !peer.empty()) {
    members.text(",\"peer\":", peer);
  }
  members.present_text(",\"host\":", record.host);
  members.present_text(",\"referrer\":", record.referrer);
  members.truth(",\"truncated\":", record.truncated);
  members.close();
}

void append_tls(MatchText& out, const parse::TlsDetail& tls) {
  const std::size_t before = out.size();
  out.raw(",\"tls\":");
  Members members(out);
  members.present_number(",\"verify_code\":", tls.verify_code);
  members.present_text(",\"verify_text\":", tls.verify_text);
  if (tls.decisive != nullptr) {
    members.present_text(",\"reason\":", tls.decisive->reason);
    if (tls.decisive->reason_code != 0)
      members.number(",\"reason_code\":", tls.decisive->reason_code);
  }
  members.present_number(",\"alert\":", tls.alert);
  append_openssl_errors(out, tls);
  members.present_text(",\"name\":", tls.name);
  if (members.empty()) out.cut(before);
  else members.close();
}

constexpr std::size_t kSaidKept = 256;
constexpr std::size_t kLongestKept = 512;

/// A few words of the text, from where texts differ: the middle and the end.
std::size_t place_of(std::string_view message) {
  std::uint64_t hash = message.size();
  for (const std::size_t eighths : {3U, 4U, 5U, 7U}) {
    const std::size_t at = message.size() * eighths / 8;
    std::uint64_t word = 0;
    std::memcpy(&word, message.data() + at, std::min<std::size_t>(8, message.size() - at));
    hash = (hash ^ word) * 0x9E3779B97F4A7C15ULL;
    hash ^= hash >> 32;
  }
  return hash % kSaidKept;
}

}  // namespace

MatchText& MatchText::text(std::string_view value) {
  make_room(value.size() + 2);
  bytes_[size_] = '"';
  if (copy_plain_json(bytes_.get() + size_ + 1, value)) {
    size_ += value.size() + 1;
    bytes_[size_++] = '"';
    return *this;
  }
  std::string escaped;
  return raw(append_json_string(escaped, value));
}

void MatchText::grow(std::size_t size) {
  capacity_ = std::max(2 * capacity_, size_ + size);
  auto larger = std::make_unique_for_overwrite<char[]>(capacity_);
  if (size_ > 0) std::memcpy(larger.get(), bytes_.get(), size_);
  bytes_ = std::move(larger);
}

MatchLineWriter::MatchLineWriter(std::string_view file, const match::RuleSet& rules)
    : first_rule_(rules.rules().data()), rule_texts_(rules.rules().size()), said_(kSaidKept + 1) {
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
  append_json_string(text, match::to_string(rule.severity))
      .append(",\"noise\":")
      .append(rule.noise ? "true" : "false");
  return text;
}

const std::string& MatchLineWriter::time_text(const parse::ZonedTime& time) {
  if (time_text_.empty() || time.utc != text_is_of_.utc || time.offset != text_is_of_.offset) {
    text_is_of_ = time;
    time_text_ = ",\"time\":\"" + parse::format_rfc3339(time) + "\"";
  }
  return time_text_;
}

const MatchLineWriter::Said& MatchLineWriter::said(const match::RecognisedLine& failure) {
  const std::string_view message = failure.record.message;
  Said& known =
      said_[message.empty() || message.size() > kLongestKept ? kSaidKept : place_of(message)];
  if (!known.message.empty() && known.message == message) return known;
  known.message.assign(message);
  MatchText text;
  append_message(text, failure.record);
  known.message_member = text.view();
  text.cut(0);
  append_tls(text, failure.tls);
  known.tls_member = text.view();
  return known;
}

void MatchLineWriter::append(std::string& out, const match::RecognisedLine& failure) {
  text_.cut(0);
  text_.raw(beginning_).number(failure.line_number);
  text_.raw(",\"offset\":").number(failure.offset.value);
  text_.raw(rule_text(failure.rule));
  if (!parse::says_only_failed(failure.record)) {
    text_.raw(",\"side\":\"")
        .raw(parse::to_string(match::side_of(failure.rule, failure.record)))
        .raw("\"");
  }
  text_.raw(std::string_view(failure.trusted ? ",\"trusted\":true" : ",\"trusted\":false"));
  const Said& same = said(failure);
  append_record(text_, failure.record,
                failure.time ? std::string_view(time_text(*failure.time)) : std::string_view{},
                same.message_member);
  text_.raw(same.tls_member).raw("}\n");
  out.append(text_.view());
}

void append_record_member(std::string& out, const parse::ErrorRecord& record,
                          std::string_view time_member) {
  MatchText message, text;
  append_message(message, record);
  append_record(text, record, time_member, message.view());
  out.append(text.view());
}

void append_tls_member(std::string& out, const parse::TlsDetail& tls) {
  MatchText text;
  append_tls(text, tls);
  out.append(text.view());
}

}  // namespace handshaked::cli
