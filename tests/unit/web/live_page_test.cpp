#include "web/live_page.h"

#include <gtest/gtest.h>

namespace handshaked::web {
namespace {

using telemetry::Metrics;

/// An incident whose every text is an attack.
constexpr std::string_view kHostile = R"({"total":3,"incidents":[{
  "incident":{"id":"inc-1","status":"open","severity":"warning","opened_at":"2026-11-21T02:58:15.5Z","last_seen_at":"2026-11-21T03:00:00Z",
    "count":7,"servers":["<b>gw</b>"],"hosts":["edge-1"],"clients":{"distinct":2,"sample":[]},"flapping":true,"silenced_by":["sil-1"],
    "sample_lines":["<img src=x onerror=alert(1)> \u001b[31m"]},
  "rule":{"id":"nginx/x","title":"<script>alert(1)</script>"},
  "place":{"side":"upstream","peer":"\"><script>alert(2)</script>","directive":"proxy_ssl_name","file":"/etc/nginx/a'b.conf","line":7},
  "diagnosis":{"cause":"expired","confidence":0.93,"summary":"it is <over>"},
  "fixes":[{"title":"not this","proof":{"status":"untested"}},
           {"title":"renew <it>","how":"so & so","patch":"-\ta < b\n+\tc\n","commands":["nginx -t"],"proof":{"status":"proved","detail":"by replay"}}],
  "dead_ends":[{"action":"verify off","why_fails":"</li>","unsafe":true,"proof":{"status":"proved"}}]}]})";

Metrics some_figures() {
  Metrics figures{
      .version = "1.2.3", .host = "edge-<1>", .now = Time(std::chrono::hours(1000)), .started_at = Time(std::chrono::hours(997))};
  figures.has_looked_at_sources = true;
  figures.rules_loaded = 5;
  figures.sources.push_back({.kind = "files",
                             .name = "/var/log/<x>.log",
                             .last_line_at = figures.now - std::chrono::seconds(90),
                             .lag_bytes = 5000,
                             .listener = {}});
  telemetry::ReceiverMetrics receiver{
      .name = "ops", .circuit = "open", .last_delivered_at = {}, .last_failure = "HTTP <500>", .oldest_waiting = {}};
  receiver.waiting = 4;
  figures.receivers.push_back(receiver);
  return figures;
}

TEST(LivePage, ShowsWhatIsBrokenAndWhatHelpsWithoutAnyMarkupOfStrangers) {
  const std::string page = live_page(some_figures(), kHostile, Language::en);
  for (const char* const wanted :
       {"2026-11-21 02:58:15 UTC", "expired", "(93 %)", "Fix (proved): renew &lt;it&gt;", "-\ta &lt; b\n+\tc\n", "nginx -t", "verify off",
        "(unsafe)", "comes and goes", "silenced", "/etc/nginx/a&#39;b.conf:7", "Not shown: 2", "HTTP &lt;500&gt;", "4 KiB", "90 s ago",
        "up for 3 h", "edge-&lt;1&gt;", "<section class=\"warning\""})
    EXPECT_NE(page.find(wanted), std::string::npos) << wanted;
  for (const char* const hostile : {"<script", "<img", "<b>", "onerror=alert(1)>", "\x1b", "a'b", "not this"})
    EXPECT_EQ(page.find(hostile), std::string::npos) << hostile;
}

TEST(LivePage, SpeaksChinese) {
  const std::string page = live_page(some_figures(), kHostile, Language::zh);
  for (const char* const wanted : {"<html lang=\"zh-CN\">", "修复（已验证）", "不要尝试", "警告", "接收方", "来源"})
    EXPECT_NE(page.find(wanted), std::string::npos) << wanted;
}

TEST(LivePage, SaysThatAllIsWellAndThatItIsNot) {
  Metrics figures = some_figures();
  EXPECT_NE(live_page(figures, R"({"total":0,"incidents":[]})", Language::en).find("No open incidents."), std::string::npos);
  figures.store.trouble = "disk <full>";
  EXPECT_NE(live_page(figures, R"({"total":0,"incidents":[]})", Language::en).find("the database cannot be written: disk &lt;full&gt;"),
            std::string::npos);
}

TEST(LivePage, IncompleteDataIsShownAsFarAsItGoes) {
  EXPECT_NE(live_page(some_figures(), R"({"total":1,"incidents":[{}]})", Language::en).find("</html>"), std::string::npos);
  EXPECT_NE(live_page(some_figures(), R"({"incidents":[1,null,"x",{"incident":[]}]})", Language::en).find("</html>"), std::string::npos);
  EXPECT_NE(live_page(some_figures(), "no json", Language::en).find("</html>"), std::string::npos);
}

TEST(LivePage, ThePolicyAllowsItsOwnStyleAndNothingElse) {
  EXPECT_TRUE(live_page_policy().starts_with("default-src 'none'; style-src 'sha256-")) << live_page_policy();
  EXPECT_EQ(live_page_policy().find("unsafe"), std::string::npos);
  EXPECT_EQ(live_page_policy().find("script-src"), std::string::npos);
}

}  // namespace
}  // namespace handshaked::web
