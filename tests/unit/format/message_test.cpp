#include "format/message.h"

#include <gtest/gtest.h>

#include "event/sample_event.h"
#include "format/clean_text.h"
#include "format/digest.h"
#include "format/markup.h"

namespace handshaked::format {
namespace {

constexpr Time kNow{std::chrono::hours(500'000)};

event::RemediationEvent sample(event::SampleKind kind = event::SampleKind::opened, Language language = Language::en) {
  return event::sample_event(kind, language, kNow, "proxy-1.example");
}

TEST(Notification, HoldsWhatTheEventSays) {
  const Notification read = read_notification(sample());
  EXPECT_EQ(read.kind, "opened");
  EXPECT_EQ(read.source, "//proxy-1.example/handshaked");
  EXPECT_EQ(read.count, 42);
  EXPECT_EQ(read.file, "/etc/nginx/conf.d/shop.conf");
  EXPECT_EQ(read.line, 13);
  EXPECT_EQ(read.hosts, std::vector<std::string>{"proxy-1.example"});
  ASSERT_NE(read.best_fix(), nullptr);
  EXPECT_EQ(read.best_fix()->proof, ProofStatus::proved);
  EXPECT_EQ(read.dead_ends.size(), 1u);
  EXPECT_TRUE(read.dead_ends[0].is_unsafe);
  EXPECT_FALSE(read.is_resolved());
  EXPECT_TRUE(read_notification(sample(event::SampleKind::resolved)).is_resolved());
}

TEST(Notification, OfABodyThatIsNoJsonKnowsTheEventItself) {
  event::RemediationEvent event = sample();
  event.body = "{\"data\":";
  const Notification read = read_notification(event);
  EXPECT_EQ(read.summary, event.summary);
  EXPECT_EQ(read.severity, "warning");
  EXPECT_EQ(read.best_fix(), nullptr);
}

TEST(Notification, PrefersAProvedFixAndNeverARefutedOne) {
  Notification read;
  read.fixes.push_back({.title = "first"});
  read.fixes.push_back({.title = "second", .proof = ProofStatus::proved});
  EXPECT_EQ(read.best_fix()->title, "second");
  read.fixes.pop_back();
  EXPECT_EQ(read.best_fix()->title, "first");
  read.fixes[0].proof = ProofStatus::refuted;
  EXPECT_EQ(read.best_fix(), nullptr);
}

TEST(Message, ShowsCausePlaceFixDeadEndsAndNumbers) {
  const Message message = compose_message(read_notification(sample()), Language::en);
  const auto value_of = [&](const std::string& label) {
    for (const MessageFact& fact : message.facts)
      if (fact.label == label) return fact.value;
    return std::string("none");
  };
  EXPECT_EQ(value_of("Cause"), "upstream-root-replaced (confidence 98 %)");
  EXPECT_EQ(value_of("Place"), "/etc/nginx/conf.d/shop.conf:13");
  EXPECT_EQ(value_of("Seen"), "42 lines since 2027-01-15 07:55:00 UTC, last at 2027-01-15 08:00:00 UTC");
  EXPECT_EQ(message.fix_label, "Proved fix");
  EXPECT_NE(message.patch.find("+        proxy_ssl_trusted_certificate /etc/nginx/ca/new-root.pem;"), std::string::npos);
  ASSERT_EQ(message.dead_ends.size(), 1u);
  EXPECT_EQ(message.dead_ends[0],
            "proxy_ssl_verify off [unsafe] [shown to pass only because nothing is checked]: it hides the fault and accepts any peer");
  EXPECT_EQ(message.tone, Tone::warning);
}

TEST(Message, SpeaksChinese) {
  const Message message = compose_message(read_notification(sample(event::SampleKind::opened, Language::zh)), Language::zh);
  EXPECT_EQ(message.fix_label, "已验证的修复");
  EXPECT_EQ(message.facts[0].label, "原因");
  EXPECT_NE(message.title.find("测试"), std::string::npos);
}

TEST(Message, OfAnUntestedFixSaysSo) {
  Notification notification = read_notification(sample());
  notification.fixes[0].proof = ProofStatus::untested;
  EXPECT_EQ(compose_message(notification, Language::en).fix_label, "Likely fix (untested)");
}

TEST(Message, OfAResolvedIncidentHasNoAdvice) {
  const Message message = compose_message(read_notification(sample(event::SampleKind::resolved)), Language::en);
  EXPECT_EQ(message.tone, Tone::resolved);
  EXPECT_TRUE(message.fix_label.empty());
  EXPECT_TRUE(message.dead_ends.empty());
}

TEST(Message, OfADigestNamesItsEvents) {
  const event::RemediationEvent first = sample();
  const event::RemediationEvent second = sample(event::SampleKind::resolved);
  const std::vector<const event::RemediationEvent*> events = {&first, &second};
  const event::RemediationEvent digest = make_digest(events, Language::en, kNow);
  EXPECT_EQ(digest.summary, "[warning] 2 notifications in one (1 of them resolved)");
  EXPECT_EQ(digest.event_id, make_digest(events, Language::zh, kNow + std::chrono::hours(1)).event_id);
  const Message message = compose_message(read_notification(digest), Language::en);
  EXPECT_EQ(message.items, (std::vector<std::string>{first.summary, second.summary}));
}

TEST(Message, OfAGroupNamesItsIncidents) {
  event::RemediationEvent event = sample();
  event.body.replace(
      event.body.size() - 2, 1,
      R"(,"group":{"key":"k","open":7,"resolved":1,"incidents":[{"id":"inc-1","status":"open","peer":"192.0.2.1:443","count":3},)"
      R"({"id":"inc-2","status":"resolved","server":"a.example","count":1}]}})");
  const Message message = compose_message(read_notification(event), Language::en);
  EXPECT_EQ(message.items, (std::vector<std::string>{"192.0.2.1:443 (3)", "a.example (1) [resolved]", "… and so many more: 6"}));
}

TEST(Message, LinksOnlyWhatIsAPlainLink) {
  Notification notification = read_notification(sample());
  EXPECT_EQ(compose_message(notification, Language::en).link, "https://nginx.org/en/docs/http/ngx_http_proxy_module.html");
  for (const char* link : {"javascript:alert(1)", "https://a.example/|<x>", "https://a.example/ b", ""}) {
    notification.rule_url = link;
    EXPECT_EQ(compose_message(notification, Language::en).link, "") << link;
  }
}

TEST(PlainText, ShowsWhatItIs) {
  EXPECT_EQ(plain_text("a\x1b[31mb\r\nc"), "a [31mb  c");
  EXPECT_EQ(plain_text("a\n\tb", true), "a\n    b");
  EXPECT_EQ(plain_text("\xE2\x80\xAEx\xE2\x80\x8By\xEF\xBB\xBF"), "xy");  // direction, no width, byte order mark
  EXPECT_EQ(plain_text("\xC3(\x85"), "\xEF\xBF\xBD(\xEF\xBF\xBD");
  EXPECT_EQ(plain_text("\xC2\x85"), " ");
}

TEST(Shortened, CutsAtACharacterAndSaysSo) {
  EXPECT_EQ(shortened("abc", 3, Measure::bytes), "abc");
  EXPECT_EQ(shortened("abcdef", 5, Measure::bytes), "ab…");
  EXPECT_EQ(shortened("证书链错误", 3, Measure::utf16_units), "证书…");
  EXPECT_EQ(shortened("证书链错误", 8, Measure::bytes), "证…");
  EXPECT_EQ(shortened("abc", 0, Measure::bytes), "");
}

TEST(Markup, LeavesNoMarkupOfAStranger) {
  const std::string text = "*b* _i_ `c` [x](http://e) <@U1> @all # | ~s~ & \\";
  const std::string escaped = escape_markdown(text);
  EXPECT_EQ(escaped.find("://"), std::string::npos);
  EXPECT_EQ(escaped.find("@all"), std::string::npos);
  EXPECT_EQ(escaped.find('<'), std::string::npos);
  for (std::size_t at = 0; at < escaped.size(); ++at)
    if (std::string_view("*_`[#|~").find(escaped[at]) != std::string_view::npos) {
      EXPECT_EQ(escaped[at - 1], '\\') << escaped;
    }
  EXPECT_EQ(escape_by_width(text).find_first_of("*_`[]<>#|~"), std::string::npos);
}

TEST(Markup, ACodeBlockCannotBeLeft) {
  const Markup markup{.escape = escape_markdown};
  EXPECT_EQ(code_block("a\n```\nb\n", markup, 1000), "```\na\n'''\nb\n```\n");
  EXPECT_EQ(code_text("a`b", markup), "`a'b`");
  EXPECT_EQ(code_block("a\nb\n", markup, 8), "");
  EXPECT_EQ(code_block("a\nb\n", markup, 11), "```\na\n```\n");
}

TEST(Markup, KeepsWithinItsLimitAndSaysWhatIsMissing) {
  Message message = compose_message(read_notification(sample()), Language::en);
  for (int line = 0; line < 500; ++line) message.patch += "+ one more line of a long patch\n";
  const Markup markup{.escape = escape_markdown};
  for (const std::size_t limit : {0U, 1U, 50U, 300U, 1000U, 3000U, 100'000U}) {
    const std::string text = render_markup(message, markup, limit);
    EXPECT_LE(length_of(text, Measure::utf16_units), std::max<std::size_t>(limit, 40));
    if (limit >= 300) {
      EXPECT_TRUE(text.ends_with("rest\\)")) << text;
    }
  }
}

}  // namespace
}  // namespace handshaked::format
