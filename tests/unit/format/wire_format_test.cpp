#include "format/wire_format.h"

#include <gtest/gtest.h>
#include <simdjson.h>

#include <functional>

#include "event/sample_event.h"
#include "format/alertmanager_format.h"
#include "format/chat/chat_formats.h"
#include "format/clean_text.h"
#include "format/cloudevents_format.h"
#include "format/pagerduty_format.h"
#include "format/template_format.h"

namespace handshaked::format {
namespace {

using namespace std::chrono_literals;

event::RemediationEvent sample(event::SampleKind kind = event::SampleKind::opened,
                               Language language = Language::en) {
  return event::sample_event(kind, language, Time(1'600'000'000s), "proxy-1.example");
}

WireRequest request_of(const WireFormat& format, const event::RemediationEvent& event,
                       Time now = Time(1'600'000'000s)) {
  auto request = format.request(event, now);
  EXPECT_TRUE(request) << request.error().message();
  return request ? request.value() : WireRequest{};
}

simdjson::dom::element parse(simdjson::dom::parser& parser, const std::string& text) {
  simdjson::dom::element root;
  EXPECT_EQ(parser.parse(text).get(root), simdjson::SUCCESS) << text;
  return root;
}

/// The sample with far too much of everything.
event::RemediationEvent enormous(Language language) {
  event::RemediationEvent event = sample(event::SampleKind::opened, language);
  std::string patch;
  for (int line = 0; line < 4000; ++line) patch += "+ 证书 \\\"`*<@U1>\\u202e&\\n";
  const auto at = event.body.find("\"patch\":\"") + 9;
  event.body.insert(at, patch);
  std::string how(30'000, 'x');
  event.body.insert(event.body.find("\"how\":\"") + 7, how);
  event.summary = std::string(5'000, '<') + event.summary;
  return event;
}

TEST(WireFormats, StayWithinTheLimitsOfTheirServices) {
  struct Case {
    const char* name;
    WireFormat format;
    std::size_t limit;
  };
  for (const Language language : {Language::en, Language::zh}) {
    const std::vector<Case> cases = {{"slack", slack_format(language), 60'000},
                                     {"teams", teams_format(language), 28 * 1024},
                                     {"discord", discord_format(language), 20'000},
                                     {"mattermost", mattermost_format(language), 20'000},
                                     {"feishu", feishu_format(language, "s"), 20'480},
                                     {"dingtalk", dingtalk_format(language, "s"), 20'000},
                                     {"wecom", wecom_format(language), 10'000},
                                     {"pagerduty", pagerduty_format(language, "k"), 512 * 1024}};
    for (const Case& one : cases) {
      for (const event::RemediationEvent& event :
           {enormous(language), sample(event::SampleKind::opened, language),
            sample(event::SampleKind::resolved, language),
            sample(event::SampleKind::bare, language)}) {
        const WireRequest request = request_of(one.format, event);
        EXPECT_LE(request.body.size(), one.limit) << one.name;
        simdjson::dom::parser parser;
        parse(parser, request.body);
        EXPECT_EQ(request.body, request_of(one.format, event).body) << one.name;
      }
    }
  }
}

/// A request of the sample whose fix says `how` (JSON's escapes already made).
std::string request_with(const WireFormat& format, const std::string& how) {
  event::RemediationEvent event = sample();
  const auto begin = event.body.find("\"how\":\"") + 7;
  event.body.replace(begin, event.body.find("\",\"", begin) - begin, how);
  return request_of(format, event).body;
}

/// Everything that a request shows, as its service gets it: all texts of the JSON, a line each.
std::string shown_by(const std::string& body) {
  simdjson::dom::parser parser;
  std::string shown;
  const std::function<void(simdjson::dom::element)> walk = [&](simdjson::dom::element value) {
    std::string_view text;
    if (value.get(text) == simdjson::SUCCESS) shown.append(text).append("\n");
    if (simdjson::dom::array items; value.get(items) == simdjson::SUCCESS)
      for (const auto item : items) walk(item);
    if (simdjson::dom::object members; value.get(members) == simdjson::SUCCESS)
      for (const auto member : members) walk(member.value);
  };
  walk(parse(parser, body));
  return shown;
}

/// A command in advice is one piece of code: whole, with nothing in it changed but what the service
/// itself changes back.
TEST(ChatFormats, ShowACommandWholeOrNotAtAll) {
  const std::string how =
      R"(`openssl s_client -connect 10.0.0.5:8443 -servername a_b.example </dev/null 2>&1 | grep -E \"s:|*[i]:\" \u0026\u0026 echo ~_x_`, with and without it. Then go on.)";
  const std::string command =
      R"(openssl s_client -connect 10.0.0.5:8443 -servername a_b.example </dev/null 2>&1 | grep -E "s:|*[i]:" && echo ~_x_)";
  std::string entities = command;
  for (const auto& [sign, entity] :
       {std::pair<std::string, std::string>{"&", "&amp;"}, {"<", "&lt;"}, {">", "&gt;"}})
    for (auto at = entities.find(sign); at != std::string::npos;
         at = entities.find(sign, at + entity.size()))
      entities.replace(at, sign.size(), entity);
  EXPECT_NE(shown_by(request_with(slack_format(Language::en), how))
                .find("`" + entities + "`, with and without it."),
            std::string::npos);
  for (const WireFormat& format : {discord_format(Language::en), mattermost_format(Language::en)})
    EXPECT_NE(shown_by(request_with(format, how)).find("`" + command + "`, with and without it"),
              std::string::npos);
  // Teams: a run of its own. Feishu: no markup at all.
  EXPECT_NE(shown_by(request_with(teams_format(Language::en), how)).find("\n" + command + "\n"),
            std::string::npos);
  EXPECT_NE(
      shown_by(request_with(feishu_format(Language::en, ""), how)).find("`" + command + "`, with"),
      std::string::npos);
  // These interpret < and > even in code: the command that shows the fix is there, and no half of
  // this one.
  for (const WireFormat& format : {dingtalk_format(Language::en, ""), wecom_format(Language::en)}) {
    const std::string shown = shown_by(request_with(format, how));
    EXPECT_EQ(shown.find("s_client"), std::string::npos) << shown;
    EXPECT_NE(shown.find("with and without it"), std::string::npos) << shown;
    EXPECT_NE(shown.find("`handshaked fix show inc-"), std::string::npos) << shown;
  }
  // What they do not interpret they show.
  for (const WireFormat& format : {dingtalk_format(Language::en, ""), wecom_format(Language::en)})
    EXPECT_NE(shown_by(request_with(format, "Say `nginx -t | head -1 *_x_*`."))
                  .find("`nginx -t | head -1 *_x_*`"),
              std::string::npos);
}

/// Which upstream is worst now? The first of the list, with its rate beside it, in every format
/// that tells of a group.
TEST(ChatFormats, NameTheWorstOfAGroupFirstWithTheRateOfEach) {
  event::RemediationEvent event = sample();
  event.body.replace(
      event.body.size() - 2, 1,
      R"(,"group":{"key":"server=gw","open":2,"resolved":1,"incidents":[)"
      R"({"id":"inc-2","status":"open","severity":"warning","title":"gw → [2001:db8::1]:8443: it fails","count":90,"rate_per_minute":31.5,"opened_at":"2026-11-21T09:00:12Z"},)"
      R"({"id":"inc-1","status":"open","severity":"warning","title":"gw → 10.0.0.1:8443: it fails","count":400,"rate_per_minute":1.8,"opened_at":"2026-11-21T08:00:00Z"},)"
      R"({"id":"inc-3","status":"resolved","severity":"warning","title":"gw → 10.0.0.3:8443: it fails","count":7,"rate_per_minute":0,"opened_at":"2026-11-21T07:00:00Z"}]}})");
  for (const Language language : {Language::en, Language::zh}) {
    const std::string unit = language == Language::en ? " lines/min" : " 行/分钟";
    for (const auto& [name, format] : std::vector<std::pair<std::string, WireFormat>>{
             {"slack", slack_format(language)},
             {"teams", teams_format(language)},
             {"discord", discord_format(language)},
             {"mattermost", mattermost_format(language)},
             {"feishu", feishu_format(language, "")},
             {"dingtalk", dingtalk_format(language, "")},
             {"wecom", wecom_format(language)},
             {"pagerduty", pagerduty_format(language, "k")}}) {
      std::string shown = shown_by(request_of(format, event).body);
      std::erase(shown, '\\');  // what a reader sees
      const auto worst = shown.find("[2001:db8::1]:8443"),
                 next = shown.find("10.0.0.1:8443: it fails"),
                 over = shown.find("10.0.0.3:8443: it fails");
      EXPECT_TRUE(worst < next && next < over && over != std::string::npos) << name << "\n"
                                                                            << shown;
      for (const char* const rate : {"32", "1.8"})
        EXPECT_NE(shown.find(rate + unit), std::string::npos) << name << "\n" << shown;
    }
  }
}

TEST(ChatFormats, TakeALonelyBacktickForText) {
  for (const char* const how : {"a ` b", "`", "``", "a `b\\nc` d", "```", "`a``b"}) {
    for (const WireFormat& format : {slack_format(Language::en), discord_format(Language::en),
                                     mattermost_format(Language::en), teams_format(Language::en),
                                     dingtalk_format(Language::en, ""), wecom_format(Language::en)})
      EXPECT_FALSE(shown_by(request_with(format, how)).empty()) << how;
  }
}

TEST(SlackFormat, BoundsItsBlocks) {
  simdjson::dom::parser parser;
  const std::string body = request_of(slack_format(Language::zh), enormous(Language::zh)).body;
  const auto root = parse(parser, body);
  for (const auto block : root["attachments"].at(0)["blocks"].get_array()) {
    const std::string_view text = block["text"]["text"];
    const bool is_header = std::string_view(block["type"]) == "header";
    EXPECT_LE(length_of(text, Measure::utf16_units), is_header ? 150u : 3000u);
    if (!is_header) {
      EXPECT_EQ(text.find_first_of("<>"), std::string_view::npos);
    }
  }
}

TEST(WecomFormat, BoundsItsContentInBytes) {
  simdjson::dom::parser parser;
  const std::string body = request_of(wecom_format(Language::zh), enormous(Language::zh)).body;
  EXPECT_LE(std::string_view(parse(parser, body)["markdown"]["content"]).size(), 4096u);
}

TEST(FeishuFormat, SignsAsTheGuideSays) {  // computed with Python's hmac
  simdjson::dom::parser parser;
  const std::string body =
      request_of(feishu_format(Language::en, "demo"), sample(), Time(1'599'360'473s)).body;
  const auto root = parse(parser, body);
  EXPECT_EQ(std::string_view(root["timestamp"]), "1599360473");
  EXPECT_EQ(std::string_view(root["sign"]), "l1N0gAcBjdwBvGm1xMjOF0XSyaLRpR7tuO5dHfhAYc8=");
}

TEST(DingtalkFormat, SignsAsTheGuideSays) {  // computed with Python's hmac
  EXPECT_EQ(request_of(dingtalk_format(Language::en, "SECabc"), sample()).query,
            "timestamp=1600000000000&sign=ABcUcMOwyGGKmiNbHqEbhvKpuIGkMXqT1gAGfAAmnk8%3D");
  EXPECT_EQ(request_of(dingtalk_format(Language::en, ""), sample()).query, "");
}

TEST(ChatAnswers, HideRefusals) {
  using Kind = AnswerVerdict::Kind;
  const auto feishu = feishu_format(Language::en, "").judge;
  EXPECT_EQ(feishu(R"({"code":0,"msg":"success"})").kind, Kind::accepted);
  EXPECT_EQ(feishu(R"({"code":11232,"msg":"frequency limited"})").kind, Kind::busy);
  EXPECT_EQ(feishu(R"({"code":19021,"msg":"sign match fail"})").kind, Kind::refused);
  EXPECT_EQ(feishu(R"({"code":19021,"msg":"sign match fail"})").reason,
            "the service refuses it: 19021 sign match fail");
  const auto dingtalk = dingtalk_format(Language::en, "").judge;
  EXPECT_EQ(dingtalk(R"({"errcode":0,"errmsg":"ok"})").kind, Kind::accepted);
  EXPECT_EQ(dingtalk(R"({"errcode":130101,"errmsg":"send too fast"})").kind, Kind::busy);
  EXPECT_EQ(dingtalk(R"({"errcode":310000,"errmsg":"keywords not in content"})").kind,
            Kind::refused);
  EXPECT_EQ(wecom_format(Language::en).judge(R"({"errcode":45009})").kind, Kind::busy);
  EXPECT_EQ(
      wecom_format(Language::en).judge(R"({"errcode":93000,"errmsg":"invalid webhook url"})").kind,
      Kind::refused);
  const auto teams = teams_format(Language::en).judge;
  EXPECT_EQ(teams("1").kind, Kind::accepted);
  EXPECT_EQ(teams("Webhook message delivery failed with error: Microsoft Teams endpoint returned "
                  "HTTP error 429 with ContextId")
                .kind,
            Kind::busy);
  EXPECT_EQ(teams("… returned HTTP error 413").kind, Kind::refused);
}

TEST(CloudeventsBinary, PutsAttributesIntoHeaders) {
  event::RemediationEvent event = sample();
  event.body.replace(event.body.find("//proxy-1"), 9, "//prüf \\\"%");
  const WireRequest request = request_of(cloudevents_binary_format(), event);
  EXPECT_EQ(request.content_type, "application/json");
  const auto header = [&](std::string_view name) {
    for (const auto& [key, value] : request.headers)
      if (key == name) return value;
    return std::string("none");
  };
  EXPECT_EQ(header("ce-specversion"), "1.0");
  EXPECT_EQ(header("ce-id"), event.event_id);
  EXPECT_EQ(header("ce-source"), "//pr%C3%BCf%20%22%25.example/handshaked");
  simdjson::dom::parser parser;
  EXPECT_EQ(std::int64_t(parse(parser, request.body)["incident"]["count"]), 42);
  event.body = "no json";
  EXPECT_FALSE(cloudevents_binary_format().request(event, Time()));
}

TEST(AlertmanagerAlert, KeepsItsLabelsUntilTheEnd) {
  const AlertmanagerAlert opened = make_alert(read_notification(sample()), Language::en);
  const AlertmanagerAlert resolved =
      make_alert(read_notification(sample(event::SampleKind::resolved)), Language::en);
  EXPECT_EQ(opened.labels, resolved.labels);
  EXPECT_FALSE(opened.is_resolved());
  EXPECT_TRUE(resolved.is_resolved());
  EXPECT_EQ(fingerprint_of(opened.labels).size(), 16u);
  std::string text;
  JsonWriter json(text);
  write_postable_alert(json, opened, Time(1'600'000'300s));
  EXPECT_NE(text.find("\"endsAt\":\"2020-09-13T12:31:40"), std::string::npos) << text;
}

TEST(AlertmanagerFormat, IsAGroupOfOneAlert) {
  simdjson::dom::parser parser;
  const std::string body =
      request_of(alertmanager_webhook_format(Language::en, "hook"), sample()).body;
  const auto root = parse(parser, body);
  EXPECT_EQ(std::string_view(root["version"]), "4");
  EXPECT_EQ(std::string_view(root["status"]), "firing");
  EXPECT_EQ(std::string_view(root["alerts"].at(0)["endsAt"]), "0001-01-01T00:00:00Z");
}

TEST(PagerdutyFormat, TriggersAndResolvesOneIncident) {
  simdjson::dom::parser opened;
  simdjson::dom::parser resolved;
  const std::string first = request_of(pagerduty_format(Language::en, "key"), sample()).body;
  const std::string last =
      request_of(pagerduty_format(Language::en, "key"), sample(event::SampleKind::resolved)).body;
  const auto trigger = parse(opened, first);
  const auto resolve = parse(resolved, last);
  EXPECT_EQ(std::string_view(trigger["event_action"]), "trigger");
  EXPECT_EQ(std::string_view(resolve["event_action"]), "resolve");
  EXPECT_EQ(std::string_view(trigger["dedup_key"]), std::string_view(resolve["dedup_key"]));
  EXPECT_EQ(std::string_view(trigger["payload"]["severity"]), "warning");
}

TEST(TemplateFormat, FillsInAndEscapesForItsType) {
  const auto json = template_format(
      R"({"t":"{{summary}}","n":{{data.incident.count}},"p":"{{fix.patch}}"{{#is_resolved}},"over":true{{/is_resolved}}})",
      "application/json", Language::en);
  // A bare event has no count of its own kind, but a number all the same: it stays JSON.
  ASSERT_TRUE(json) << json.error().message();
  simdjson::dom::parser parser;
  const std::string body = request_of(json.value(), sample()).body;
  EXPECT_NE(std::string_view(parse(parser, body)["p"]).find("\n+        proxy_ssl"),
            std::string_view::npos);

  event::RemediationEvent hostile = sample();
  hostile.summary = "<b>\"\n&x=1";
  const auto html = template_format("<p>{{summary}}</p>", "text/html", Language::en);
  EXPECT_EQ(request_of(html.value(), hostile).body, "<p>&lt;b&gt;&quot;\n&amp;x=1</p>");
  const auto form =
      template_format("text={{summary}}", "application/x-www-form-urlencoded", Language::en);
  EXPECT_EQ(request_of(form.value(), hostile).body, "text=%3Cb%3E%22%0A%26x%3D1");
}

TEST(TemplateFormat, RefusesWhatWouldFailLater) {
  const auto reason = [](const std::string& text, const std::string& type = "application/json") {
    const auto made = template_format(text, type, Language::en);
    return made ? std::string("accepted") : made.error().message();
  };
  EXPECT_NE(reason("{\"a\":\"{{sumary}}\"}").find("uses \"sumary\", which no event has"),
            std::string::npos)
      << reason("{\"a\":\"{{sumary}}\"}");
  EXPECT_NE(reason("{\"a\":{{summary}}}").find("not produce JSON"), std::string::npos);
  EXPECT_NE(reason("{{#data}}").find("not a Mustache"), std::string::npos);
  EXPECT_NE(reason("{\"line\":{{data.place.line}}}").find("an incident of which little is known"),
            std::string::npos);
  EXPECT_NE(reason("{{> other}}", "text/plain").find("> other"), std::string::npos);
  EXPECT_NE(reason(std::string(70'000, 'x'), "text/plain").find("64 KiB"), std::string::npos);
  std::string deep = "x";
  for (int i = 0; i < 40; ++i)
    deep = "{{#data.fixes}}{{#commands}}" + deep + "{{/commands}}{{/data.fixes}}";
  EXPECT_NE(reason(deep, "text/plain").find("repeats too much"), std::string::npos);
}

}  // namespace
}  // namespace handshaked::format
