#include "cli/operator/operator_document.h"

#include <gtest/gtest.h>

#include "cli/document/text_layout.h"

namespace handshaked::cli {
namespace {

constexpr std::string_view kList =
    R"json({"total":1,"incidents":[{"id":"inc-0123456789abcdef","severity":"critical","status":"open","title":"shop.example → 10.0.0.5:8443: )json"
    R"json(the upstream's certificate does not verify: its issuer is not found (code 20)","cause":"upstream_ca_not_trusted",)json"
    R"json("diagnosed":false,"opened_at":"2026-11-21T02:58:15Z","last_seen_at":"2026-11-21T03:01:00Z","count":1234,)json"
    R"json("rate_per_minute":8.4,"flapping":false,"silenced_by":[],"noise":false}]})json";

TEST(IncidentsList, SaysSinceWhenAndHowOftenInEightyColumns) {
  const std::string text = operator_page("incidents.list", std::string(kList), Language::en, 80);
  for (const std::string_view line : lines_of(text)) EXPECT_LE(display_width(line), 80u) << line;
  for (const char* expected :
       {"\ninc-0123456789abcdef  ◆ critical  open    2026-11-21 02:58  8.4\n",
        "\n  shop.example → 10.0.0.5:8443: the upstream's", "…  upstream_ca_not_trusted?\n"})
    EXPECT_NE(text.find(expected), std::string::npos) << expected << "\n" << text;
}

TEST(IncidentsList, NamesTheCommandThatShowsTheFirstOnATerminalAlone) {
  const std::string command =
      "handshaked incidents show inc-0123456789abcdef -c /srv/handshaked.toml\n";
  const std::string text = operator_page("incidents.list", std::string(kList), Language::en, 80,
                                         "-c /srv/handshaked.toml");
  EXPECT_TRUE(text.ends_with("\nShow the first one in full: " + command)) << text;
  EXPECT_TRUE(operator_page("incidents.list", std::string(kList), Language::zh, 80,
                            "-c /srv/handshaked.toml")
                  .ends_with(command));
  EXPECT_EQ(operator_page("incidents.list", std::string(kList), Language::en, {},
                          "-c /srv/handshaked.toml")
                .find("in full"),
            std::string::npos);
  EXPECT_EQ(operator_page("incidents.list", R"({"incidents":[]})", Language::en, 80),
            "no incidents\n");
}

TEST(IncidentsShow, TellsACandidateAsACandidate) {
  const auto page = [](const std::string& diagnosis, Language language) {
    return operator_page(
        "incidents.show",
        R"({"incident":{"id":"inc-1","severity":"warning","status":"open","title":"gw → a:1: it fails","count":7,)"
        R"("rate_per_minute":1.8,"clients":{"distinct":2}},"rule":{"id":"r"},"place":{"side":"upstream","peer":"a:1"},)"
        R"("command":"handshaked fix show inc-1 -c /srv/x.toml","diagnosis":)" +
            diagnosis + R"(,"fixes":[],"dead_ends":[]})",
        language);
  };
  const std::string line =
      R"({"basis":"line","cause":"c1","confidence":0.3,"summary":"The sky fell.","evidence":[],)"
      R"("candidates":[{"cause":"c1","likelihood":0.3,"tell_apart":"Look up."},{"cause":"c2","likelihood":0.2}]})";
  const std::string of_line = page(line, Language::en);
  EXPECT_EQ(of_line.find("cause: c1"), std::string::npos) << of_line;
  EXPECT_EQ(of_line.find("The sky fell"), std::string::npos) << of_line;
  for (const char* expected :
       {"candidate, from the log line alone: c1 (30%)\n  how to tell: Look up.\n", "c2 (20%)",
        "lines: 7, now 1.8 lines/min\n",
        "run on the nginx host: handshaked fix show inc-1 -c /srv/x.toml\n", "▲ warning  open\n"})
    EXPECT_NE(of_line.find(expected), std::string::npos) << expected << "\n" << of_line;
  EXPECT_NE(page(line, Language::zh).find("候选原因（仅凭日志行）：c1 (30%)"), std::string::npos)
      << page(line, Language::zh);

  const std::string doubtful =
      R"({"basis":"investigation","cause":"c1","confidence":0.5,"summary":"The sky fell.","evidence":[],"candidates":[]})";
  EXPECT_NE(
      page(doubtful, Language::en).find("perhaps: c1 (50% sure)\nthat would mean: The sky fell.\n"),
      std::string::npos)
      << page(doubtful, Language::en);
  EXPECT_NE(page(doubtful, Language::zh).find("可能的原因：c1（把握 50%）"), std::string::npos)
      << page(doubtful, Language::zh);
  const std::string sure =
      R"({"basis":"investigation","cause":"c1","confidence":0.98,"summary":"The sky fell.","evidence":[],"candidates":[]})";
  EXPECT_NE(page(sure, Language::en).find("cause: c1 (98% sure)\nmeaning: The sky fell.\n"),
            std::string::npos)
      << page(sure, Language::en);
}

TEST(OperatorAnswer, CountsOneAsOne) {
  const auto changed = [](const char* answer, Language language) {
    return operator_page("deliveries.retry", answer, language);
  };
  EXPECT_EQ(changed(R"({"changed":1})", Language::en), "1 delivery changed\n");
  EXPECT_EQ(changed(R"({"changed":2})", Language::en), "2 deliveries changed\n");
  EXPECT_EQ(changed(R"({"changed":1})", Language::zh), "1 个投递已更改\n");
  const auto status = [](const char* logs) {
    return operator_page("status",
                         std::string(R"({"logs":)") + logs + R"(,"rules":339,"incidents":{}})",
                         Language::en);
  };
  EXPECT_NE(status("1").find("following 1 log with 339 rules\n"), std::string::npos) << status("1");
  EXPECT_NE(status("2").find("following 2 logs with 339 rules\n"), std::string::npos)
      << status("2");
}

TEST(OperatorAnswer, WritesLengthsOfTimeInTheReadersLanguage) {
  const char* const status =
      R"({"logs":1,"rules":1,"incidents":{},"uptime_seconds":180,"cpu_seconds":2.5,"libraries":{"openssl":"3","sqlite":"3"},)"
      R"("sources":[{"name":"s","lag_bytes":1,"lag_seconds":259200.7}]})";
  const std::string en = operator_page("status", status, Language::en),
                    zh = operator_page("status", status, Language::zh);
  EXPECT_NE(en.find("up for 3 min, 2.50 s of processor time"), std::string::npos) << en;
  EXPECT_NE(en.find("3 days"), std::string::npos) << en;
  EXPECT_NE(zh.find("已运行 3 分钟，处理器时间 2.50 s，"), std::string::npos) << zh;
  EXPECT_NE(zh.find("3 天"), std::string::npos) << zh;
}

TEST(IncidentsList, IsOneWholeLineARowInAPipe) {
  const std::string text = operator_page("incidents.list", std::string(kList), Language::en);
  EXPECT_EQ(lines_of(text).size(), 2u) << text;
  for (const char* expected :
       {"2026-11-21 02:58  8.4", "1234   2026-11-21 03:01", "its issuer is not found (code 20)"})
    EXPECT_NE(text.find(expected), std::string::npos) << expected << "\n" << text;
}

}  // namespace
}  // namespace handshaked::cli
