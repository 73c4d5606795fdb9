#include "format/message.h"

#include <gtest/gtest.h>

#include "event/sample_event.h"
#include "format/clean_text.h"
#include "format/digest.h"
#include "format/markup.h"

namespace handshaked::format {
namespace {

constexpr Time kNow{std::chrono::hours(500'000)};

event::RemediationEvent sample(event::SampleKind kind = event::SampleKind::opened,
                               Language language = Language::en) {
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
  EXPECT_EQ(value_of("Cause"), "upstream_ca_not_trusted");
  EXPECT_EQ(value_of("Confidence"), "98%");
  EXPECT_EQ(value_of("Incident"), read_notification(sample()).incident_id);
  EXPECT_EQ(value_of("Place"), "/etc/nginx/conf.d/shop.conf:13");
  EXPECT_EQ(message.impact,
            "42 failures since 2027-01-15 07:55:00 UTC, now 8.4 lines/min, from 17 clients, on "
            "proxy-1.example");
  EXPECT_EQ(message.command, "handshaked fix show " + read_notification(sample()).incident_id);
  EXPECT_EQ(message.fix_label, "Proved fix");
  EXPECT_NE(
      message.patch.find("+        proxy_ssl_trusted_certificate /etc/nginx/ca/new-root.pem;"),
      std::string::npos);
  ASSERT_EQ(message.dead_ends.size(), 1u);
  EXPECT_EQ(message.dead_ends[0],
            "proxy_ssl_verify off [unsafe] [shown to pass only because nothing is checked]: it "
            "hides the fault and accepts any peer");
  EXPECT_EQ(message.tone, Tone::warning);
}

TEST(Message, SpeaksChinese) {
  const Message message = compose_message(
      read_notification(sample(event::SampleKind::opened, Language::zh)), Language::zh);
  EXPECT_EQ(message.fix_label, "已验证的修复");
  EXPECT_EQ(message.facts[1].label, "原因");
  EXPECT_NE(message.title.find("测试"), std::string::npos);
}

TEST(Message, OfAnUntestedFixSaysSo) {
  Notification notification = read_notification(sample());
  notification.fixes[0].proof = ProofStatus::untested;
  EXPECT_EQ(compose_message(notification, Language::en).fix_label, "Likely fix (untested)");
}

TEST(Message, OfAResolvedIncidentHasNoAdvice) {
  const Message message =
      compose_message(read_notification(sample(event::SampleKind::resolved)), Language::en);
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
  EXPECT_EQ(digest.event_id,
            make_digest(events, Language::zh, kNow + std::chrono::hours(1)).event_id);
  const Message message = compose_message(read_notification(digest), Language::en);
  EXPECT_EQ(message.items,
            (std::vector<std::string>{first.summary + ", now 8.4 lines/min", second.summary}));
}

TEST(Message, OfADigestNamesTheWorstFirst) {
  event::RemediationEvent slow = sample(), fast = sample(), grave = sample();
  const std::string rate = "\"rate_per_minute\":8.4";
  slow.body.replace(slow.body.find(rate), rate.size(), "\"rate_per_minute\":0.2");
  fast.body.replace(fast.body.find(rate), rate.size(), "\"rate_per_minute\":120");
  grave.severity = "critical";
  slow.summary = "slow", fast.summary = "fast", grave.summary = "grave";
  const event::RemediationEvent over = sample(event::SampleKind::resolved);
  const std::vector<const event::RemediationEvent*> events = {&over, &slow, &fast, &grave};
  const Message message =
      compose_message(read_notification(make_digest(events, Language::en, kNow)), Language::en);
  EXPECT_EQ(message.items,
            (std::vector<std::string>{"grave, now 8.4 lines/min", "fast, now 120 lines/min",
                                      "slow, now 0.2 lines/min", over.summary}));
}

TEST(Message, OfAGroupNamesItsIncidents) {
  event::RemediationEvent event = sample();
  event.body.replace(
      event.body.size() - 2, 1,
      R"(,"group":{"key":"k","open":7,"resolved":1,"incidents":[{"id":"inc-1","status":"open","title":"a → b: it fails","count":3,)"
      R"("severity":"critical","rate_per_minute":8.4,"opened_at":"2026-11-21T09:00:12.5Z"},)"
      R"({"id":"inc-2","status":"resolved","count":1,"rate_per_minute":0,"opened_at":"2026-11-20T09:00:00Z"}]}})");
  const Message message = compose_message(read_notification(event), Language::en);
  EXPECT_EQ(message.items,
            (std::vector<std::string>{
                "◆ a → b: it fails — now 8.4 lines/min, 3 in all since 2026-11-21 09:00 UTC, inc-1",
                "✓ inc-2 — resolved, 1 in all since 2026-11-20 09:00 UTC, inc-2", "… and 6 more"}));
  EXPECT_EQ(message.items_label, "All of this group, the worst now first");
  const Message chinese = compose_message(read_notification(event), Language::zh);
  EXPECT_EQ(chinese.items[0],
            "◆ a → b: it fails——当前 8.4 行/分钟，共 3 行，始于 2026-11-21 09:00 UTC，inc-1");
}

TEST(Message, OfAGroupNamesTheIncidentThatItIsAbout) {
  event::RemediationEvent event = sample();
  const std::string id = event.incident_id;
  event.incident_id = "inc-first";  // by which receivers thread what belongs together
  const Notification notification = read_notification(event);
  EXPECT_EQ(notification.subject, "inc-first");
  EXPECT_EQ(notification.incident_id, id);
  EXPECT_NE(compose_message(notification, Language::en).command.find(id), std::string::npos);
}

TEST(Message, LinksOnlyWhatIsAPlainLink) {
  Notification notification = read_notification(sample());
  EXPECT_EQ(compose_message(notification, Language::en).link,
            "https://nginx.org/en/docs/http/ngx_http_proxy_module.html");
  for (const char* link :
       {"javascript:alert(1)", "https://a.example/|<x>", "https://a.example/ b", ""}) {
    notification.rule_url = link;
    EXPECT_EQ(compose_message(notification, Language::en).link, "") << link;
  }
}

TEST(PlainText, ShowsWhatItIs) {
  EXPECT_EQ(plain_text("a\x1b[31mb\r\nc"), "a [31mb  c");
  EXPECT_EQ(plain_text("a\n\tb", true), "a\n    b");
  EXPECT_EQ(plain_text("\xE2\x80\xAEx\xE2\x80\x8By\xEF\xBB\xBF"),
            "xy");  // direction, no width, byte order mark
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

TEST(Markup, ACodeBlockCannotBeLeftAndIsNeverAlteredOrCut) {
  const Markup markup{.escape = escape_markdown};
  EXPECT_EQ(code_block("a\n```\nb\n", markup, 1000), "");
  EXPECT_EQ(code_block("a`b\n\tc\n", markup, 1000), "```\na`b\n\tc\n```\n");
  EXPECT_EQ(code_block("a\nb\n", markup, 11), "");
  EXPECT_EQ(code_block("a\nb\n", markup, 12), "```\na\nb\n```\n");
  EXPECT_EQ(code_text("a_b", markup), "`a_b`");
  EXPECT_EQ(code_text("a`b*", markup), "a\\`b\\*");
}

TEST(Markup, WordsThatSomebodyMayCopyStandInCode) {
  const Markup markdown{.escape = escape_markdown};
  EXPECT_EQ(prose_line("Point proxy_ssl_name at (api.example), see https://a.example/b.", markdown),
            "Point `proxy_ssl_name` at \\(api.example\\), see `https://a.example/b`.");
  EXPECT_EQ(prose_line("将proxy_ssl_name指向 /etc/ca.pem。", markdown),
            "将`proxy_ssl_name`指向 `/etc/ca.pem`。");
  EXPECT_EQ(prose_line("@all <@U1> [x](http://e)", markdown), "`@all` `<@U1>` `[x](http://e)`");
  const Markup wide{.escape = escape_by_width, .has_code_blocks = false, .not_in_code = "<>"};
  EXPECT_EQ(prose_line("upstream_ca_not_trusted a<b", wide), "`upstream_ca_not_trusted` a＜b");
}

/// Where the marks of code begin and end: a word is not cut, and a unit is none.
TEST(Markup, CodeBeginsAndEndsWithItsWord) {
  const Markup markup{.escape = [](std::string_view text) { return std::string(text); }};
  for (const auto& [prose, shown] : std::vector<std::pair<std::string, std::string>>{
           {"now 1.8 lines/min, from 2 clients", "now 1.8 lines/min, from 2 clients"},
           {"TLS/SSL and/or I/O, 24/7", "TLS/SSL and/or I/O, 24/7"},
           {"当前 1.8 行/分钟", "当前 1.8 行/分钟"},
           {"at [2001:db8::1]:8443, now", "at `[2001:db8::1]:8443`, now"},
           {"([2001:db8::1]:8443)", "(`[2001:db8::1]:8443`)"},
           {"[2001:db8::1].", "[2001:db8::1]."},
           {"gw → https://[::1]:8443/a?b=[c].", "gw → `https://[::1]:8443/a?b=[c]`."},
           {"\"/etc/nginx/a.pem\":", "\"`/etc/nginx/a.pem`\":"},
           {"(see proxy_ssl_name)", "(see `proxy_ssl_name`)"},
           {"(proxy_pass https://x/)", "(`proxy_pass` `https://x/`)"},
           {"f(a_b) [a_b] {a_b} 'a_b' <a_b>", "`f(a_b)` [`a_b`] `{a_b}` '`a_b`' `<a_b>`"},
           {"x=\"a_b\", y", "`x=\"a_b\"`, y"},
           {"10.0.0.0/8 and conf.d/shop.conf and /etc",
            "`10.0.0.0/8` and `conf.d/shop.conf` and `/etc`"},
           {"- / | * # ... ()", "- / | * # ... ()"}})
    EXPECT_EQ(prose_line(prose, markup), shown);
}

TEST(Markup, ALongWordIsTakenAsItIs) {
  const Markup markup{.escape = [](std::string_view text) { return std::string(text); }};
  const std::string brackets(1'000'000, '(');
  EXPECT_EQ(prose_line(brackets, markup), brackets);
}

TEST(Markup, CodeStandsApartWhereItsMarksWouldNotCount) {
  const auto as_is = [](std::string_view text) { return std::string(text); };
  const Markup slack{.escape = as_is, .code_needs_room = true};
  EXPECT_EQ(prose_line("将proxy_ssl_name指向 /etc/ca.pem。(a_b)", slack),
            "将 `proxy_ssl_name` 指向 `/etc/ca.pem` 。(`a_b`)");
  EXPECT_EQ(prose_line("将proxy_ssl_name指向", Markup{.escape = as_is}), "将`proxy_ssl_name`指向");
  Message message;
  message.fix_text = "用`nginx -t`检查，`a``b`x";
  EXPECT_EQ(render_markup(message, slack, 1000), "用 `nginx -t` 检查， `a` `b` x");
  EXPECT_EQ(render_markup(message, Markup{.escape = as_is}, 1000), "用`nginx -t`检查，`a` `b`x");
}

TEST(Message, ACauseThatIsNoMoreThanLikelyIsNotToldLikeAFact) {
  Notification notification = read_notification(sample());
  const std::string sure = compose_message(notification, Language::en).explanation;
  notification.confidence = 0.3;
  notification.candidates.clear();
  const Message message = compose_message(notification, Language::en);
  EXPECT_EQ(message.explanation, "Perhaps (30% sure): " + sure);
  EXPECT_EQ(message.facts[1].label, "Perhaps");
  EXPECT_EQ(compose_message(notification, Language::zh).explanation, "可能（把握 30%）：" + sure);
  EXPECT_EQ(compose_message(notification, Language::zh).facts[1].label, "可能的原因");
  notification.candidates = {{notification.cause, 0.3}, {"b_cause", 0.2}};
  EXPECT_EQ(compose_message(notification, Language::en).explanation,
            "Perhaps (30% sure): " + sure + " Or else, by the log line alone: b_cause (20%)");
  notification.is_from_line_alone = true;
  const Message of_line = compose_message(notification, Language::en);
  EXPECT_EQ(of_line.facts[1].label, "Perhaps");
  EXPECT_EQ(of_line.facts[2].value, "30%, from the log line alone");
}

TEST(Message, NamesTheCommandThatTheEventNames) {
  Notification notification = read_notification(sample());
  notification.command = "handshaked fix show inc-1 -c '/srv/a b.toml'";
  EXPECT_EQ(compose_message(notification, Language::en).command, notification.command);
  for (const char* hostile : {"rm -rf /", "handshaked fix show \x1b[0m"}) {
    notification.command = hostile;
    EXPECT_NE(compose_message(notification, Language::en).command, hostile);
  }
}

TEST(Message, ReopenedAndResolvedAreToldApart) {
  event::RemediationEvent event = sample();
  event.event_type = "io.handshaked.incident.reopened";
  event.body.replace(event.body.find("\"reopens\":0"), 11, "\"reopens\":3");
  EXPECT_TRUE(
      compose_message(read_notification(event), Language::en).title.ends_with(" — return 3"));
  EXPECT_EQ(compose_message(read_notification(sample(event::SampleKind::resolved)), Language::en)
                .explanation,
            "Resolved at 2027-01-15 08:00:00 UTC: no failure for a long time.");
}

TEST(Message, OfALineAloneThereAreOnlyCandidates) {
  Notification notification = read_notification(sample());
  notification.is_from_line_alone = true;
  notification.candidates = {{"a_cause", 0.7}, {"b_cause", 0.2}};
  EXPECT_EQ(compose_message(notification, Language::en).explanation,
            "Not diagnosed yet. Candidates from the log line alone: a_cause (70%), b_cause (20%)");
}

TEST(Message, WithAPageToOpenTheDetailsAreThere) {
  Notification notification = read_notification(sample());
  EXPECT_FALSE(compose_message(notification, Language::en).dead_ends.empty());
  notification.page = "https://tls.example/incidents/inc-1";
  const Message message = compose_message(notification, Language::en);
  EXPECT_EQ(message.page, notification.page);
  EXPECT_TRUE(message.dead_ends.empty() && message.sample.empty());
  notification.page = "javascript:alert(1)";
  EXPECT_EQ(compose_message(notification, Language::en).page, "");
}

TEST(CopyableText, IsExactOrNothing) {
  EXPECT_EQ(copyable_text("a\n\tb `x` <y>\n"), "a\n\tb `x` <y>\n");
  EXPECT_EQ(copyable_text("a\xE2\x80\xAE"), "");
  EXPECT_EQ(copyable_text("a\x1b[0m"), "");
}

TEST(Markup, KeepsWithinItsLimitAndSaysWhatIsMissing) {
  Message message = compose_message(read_notification(sample()), Language::en);
  for (int line = 0; line < 500; ++line) message.patch += "+ one more line of a long patch\n";
  const Markup markup{.escape = escape_markdown};
  for (const std::size_t limit : {0U, 1U, 50U, 300U, 1000U, 3000U, 100'000U}) {
    const std::string text = render_markup(message, markup, limit);
    EXPECT_LE(length_of(text, Measure::utf16_units),
              std::max<std::size_t>(limit,
                                    50));  // the word that something is missing always stands there
    if (limit >= 300 && limit <= 3000) {
      EXPECT_TRUE(text.ends_with("rest\\)")) << text;
    }
  }
}

}  // namespace
}  // namespace handshaked::format
