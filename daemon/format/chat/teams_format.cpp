#include "format/chat/chat_formats.h"

#include <algorithm>

#include "base/json/json_writer.h"
#include "base/text/code_spans.h"
#include "format/clean_text.h"
#include "format/message.h"

namespace handshaked::format {
namespace {

constexpr std::size_t kBodyLimit = 24'000;  // of 28 KB; the frame around the texts has the rest
constexpr std::size_t kTitleLimit = 500;
constexpr std::size_t kCodeLines = 60;
constexpr std::size_t kBlockFrame = 160;  // what a block costs beside its text
constexpr std::size_t kRunFrame = 64;     // and each further run in it

/// The elements of a card, as long as they fit.
class Card {
 public:
  explicit Card(std::string& out) : json_(out), out_(out) {}

  void title(std::string_view text, Tone tone) {
    json_.begin_object().member("type", "RichTextBlock").key("inlines").begin_array();
    json_.begin_object()
        .member("type", "TextRun")
        .member("text", text)
        .member("size", "Large")
        .member("weight", "Bolder");
    json_.member("color", colour_name(tone)).end_object().end_array().end_object();
  }
  void line(std::string_view label, std::string_view text, bool is_code = false,
            bool is_first = false) {
    if (label.empty() && text.empty()) return;
    if (!fits(label.size(), text)) return;
    json_.begin_object()
        .member("type", "RichTextBlock")
        .member("spacing", is_first ? "Medium" : "Small")
        .key("inlines")
        .begin_array();
    if (!label.empty()) run(std::string(label) + (text.empty() ? "" : ": "), true, false);
    advice(text, is_code);
    json_.end_array().end_object();
  }
  void lines(std::string_view text, bool is_code) {
    if (is_code &&
        std::count(text.begin(), text.end(), '\n') > static_cast<std::ptrdiff_t>(kCodeLines)) {
      is_cut_ = true;  // half a patch is of no use
      return;
    }
    std::size_t shown = 0;
    while (!text.empty()) {
      if (++shown > kCodeLines) {
        is_cut_ = true;
        return;
      }
      const std::size_t end = text.find('\n');
      const std::string_view one = text.substr(0, end);
      if (!fits(0, one)) return;
      json_.begin_object()
          .member("type", "RichTextBlock")
          .member("spacing", "None")
          .key("inlines")
          .begin_array();
      advice(one.empty() ? std::string_view(" ") : one, is_code);
      json_.end_array().end_object();
      text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    }
  }
  bool is_cut() const { return is_cut_; }

 private:
  static std::string_view colour_name(Tone tone) {
    switch (tone) {
      case Tone::critical: return "Attention";
      case Tone::warning: return "Warning";
      case Tone::info: return "Accent";
      case Tone::resolved: return "Good";
    }
    return "Default";
  }
  /// JSON may double a text (quotes, backslashes), and a pair of backticks makes two runs more at
  /// most; `out_` is looked at before every element.
  bool fits(std::size_t label_bytes, std::string_view text) {
    const auto backticks = static_cast<std::size_t>(std::count(text.begin(), text.end(), '`'));
    const bool does =
        out_.size() + 2 * (label_bytes + text.size()) + kBlockFrame + kRunFrame * backticks <=
        kBodyLimit;
    is_cut_ = is_cut_ || !does;
    return does;
  }
  /// Commands in prose are a run each, whole.
  void advice(std::string_view text, bool is_code) {
    if (is_code) return run(text, false, true);
    each_code_span(
        text, [this](std::string_view part, bool is_command) { run(part, false, is_command); });
  }
  void run(std::string_view text, bool is_bold, bool is_code) {
    json_.begin_object().member("type", "TextRun").member("text", text);
    if (is_bold) json_.member("weight", "Bolder");
    if (is_code) json_.member("fontType", "Monospace");
    json_.end_object();
  }

  JsonWriter json_;
  std::string& out_;
  bool is_cut_ = false;
};

void write_card(std::string& out, const Message& message) {
  Card card(out);
  card.title(shortened(message.title, kTitleLimit, Measure::bytes), message.tone);
  card.line("", message.explanation);
  card.line("", message.impact);
  if (!message.fix_label.empty()) card.line(message.fix_label, message.fix_title, false, true);
  card.line("", message.command, true);
  if (!message.page.empty()) card.line(message.page_label, message.page);
  if (!message.items.empty()) card.line(message.items_label, "", false, true);
  for (const std::string& item : message.items) card.line("", "• " + item);
  if (!message.fix_label.empty()) {
    card.lines(message.fix_text, false);
    card.lines(message.patch, true);
    card.lines(message.commands, true);
    if (!message.words_label.empty()) card.line(message.words_label, "");
    card.lines(message.words, false);
  }
  for (const MessageFact& fact : message.facts)
    card.line(fact.label, fact.value, fact.is_code, &fact == &message.facts.front());
  if (!message.dead_ends.empty()) card.line(message.dead_ends_label, "", false, true);
  for (const std::string& dead_end : message.dead_ends) card.line("", "• " + dead_end);
  if (!message.sample.empty())
    card.line(message.sample_label, shortened(message.sample, 1000, Measure::bytes), true, true);
  if (!message.link.empty()) card.line(message.link_label, message.link);
  if (!card.is_cut()) return;
  std::string end;
  JsonWriter(end)
      .begin_object()
      .member("type", "TextBlock")
      .member("text", message.more)
      .member("isSubtle", true)
      .end_object();
  out += "," + end;
}

Result<WireRequest> teams_request(const event::RemediationEvent& event, Language language) {
  const Message message = compose_message(read_notification(event), language);
  WireRequest request;
  std::string elements;
  write_card(elements, message);
  JsonWriter json(request.body);
  json.begin_object().member("type", "message").key("attachments").begin_array().begin_object();
  json.member("contentType", "application/vnd.microsoft.card.adaptive")
      .key("content")
      .begin_object();
  json.member("$schema", "http://adaptivecards.io/schemas/adaptive-card.json")
      .member("type", "AdaptiveCard")
      .member("version", "1.4");
  json.member("fallbackText", shortened(message.title, kTitleLimit, Measure::bytes));
  json.key("msteams").begin_object().member("width", "Full").end_object();
  json.key("body").begin_array().raw(elements).end_array();
  json.end_object().end_object().end_array().end_object();
  return request;
}

/// "Webhook message delivery failed with error: Microsoft Teams endpoint returned HTTP error 429
/// with …"
AnswerVerdict teams_verdict(std::string_view answer) {
  constexpr std::string_view kFailed = "HTTP error ";
  const auto at = answer.find(kFailed);
  if (at == std::string_view::npos) return {};
  const std::string status = plain_text(answer.substr(at + kFailed.size(), 3));
  const bool is_passing = status == "429" || status == "408" || status.starts_with('5');
  return {.kind = is_passing ? AnswerVerdict::Kind::busy : AnswerVerdict::Kind::refused,
          .reason = "Teams answers HTTP error " + status};
}

}  // namespace

WireFormat teams_format(Language language) {
  return {.request = [language](const event::RemediationEvent& event,
                                Time) { return teams_request(event, language); },
          .judge = teams_verdict};
}

}  // namespace handshaked::format
