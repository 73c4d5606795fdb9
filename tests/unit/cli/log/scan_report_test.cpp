#include "cli/log/scan_report.h"

#include <gtest/gtest.h>

#include <utility>

#include "correlate/correlator.h"
#include "correlate/failure_fold.h"
#include "unit/cli/example_rules.h"

namespace handshaked::cli {
namespace {

/// What `scan` would find in a log, without reading one.
ScanResult result_of(const KnowledgeBase& base, const std::string& log) {
  LineAnalysis analysis(base.rules, parse::TimeZone::named("UTC").value());
  analysis.count_lines_from_start();
  correlate::FailureFold fold(base.rules, "error.log");
  analysis.consume({.bytes = log, .before = {}, .offset = {}}, fold);
  correlate::Correlator correlator({});
  correlator.absorb(fold.take(), Time{});
  ScanResult result;
  for (const auto* incident : correlator.incidents()) {
    result.incidents.push_back(*incident);
    result.rates.add(incident->fingerprint.text(), incident->opened_at, incident->count);
  }
  result.matched = analysis.counters().matched;
  result.untrusted = correlator.counters().untrusted;
  result.logs.push_back({.name = "error.log",
                         .bytes = log.size(),
                         .lines = analysis.counters().lines,
                         .matched = result.matched,
                         .first_time = {},
                         .last_time = {},
                         .looks_like_nginx = true,
                         .error = {}});
  return result;
}

std::string report(const ScanResult& result, const KnowledgeBase& base,
                   ScanReportOptions options = {}, PageFormat format = PageFormat::text) {
  const auto page = make_page({.format = format, .language = options.language});
  write_scan_report(*page, result, base, options);
  return page->finish();
}

/// In as many pieces as there are faults.
std::string json_of(const ScanResult& result, const KnowledgeBase& base, std::size_t top) {
  std::string out, json;
  write_scan_json(out, result, base, Language::en, top, [&] {
    json += std::exchange(out, {});
    return true;
  });
  return json + out;
}

TEST(ScanReport, SaysWhereWhatAndWhatToDo) {
  const KnowledgeBase base = example_base();
  const std::string text = report(result_of(base, kVerifyLine + "\n" + kVerifyLine + "\n"), base);
  for (const char* expected :
       {"handshaked scan: 1 TLS fault\n", "error.log (", "1. ▲ WARNING\n",
        "→ 10.0.0.1:8443: ", "2 times, from 2026-11-21 02:58:15",
        "1 address, for example in 192.0.2.0/24", "What it most likely is", "What to do",
        "What not to try", "handshaked explain nginx/verify-20"}) {
    EXPECT_NE(text.find(expected), std::string::npos) << expected << "\n" << text;
  }
}

TEST(ScanReport, ShowsNeitherQueryStringsNorWholeAddresses) {
  const KnowledgeBase base = example_base();
  for (const PageFormat format : {PageFormat::text, PageFormat::markdown, PageFormat::html}) {
    const std::string text = report(result_of(base, kVerifyLine + "\n"), base, {}, format);
    EXPECT_EQ(text.find("token"), std::string::npos);
    EXPECT_EQ(text.find("192.0.2.7"), std::string::npos);
  }
}

TEST(ScanReport, SaysSoWhenThereIsNoFault) {
  const KnowledgeBase base = example_base();
  const std::string text =
      report(result_of(base, "2026/11/21 02:58:15 [notice] 9#9: signal process started\n"), base);
  EXPECT_NE(text.find("no TLS fault found"), std::string::npos);
  EXPECT_NE(text.find("0 of 1 line"), std::string::npos);
}

TEST(ScanReport, DoesNotCallAnUnreadLogFaultless) {
  const KnowledgeBase base = example_base();
  ScanResult result;
  result.logs.push_back({.name = "x",
                         .bytes = 0,
                         .lines = 0,
                         .matched = 0,
                         .first_time = {},
                         .last_time = {},
                         .looks_like_nginx = true,
                         .error = "x: no such file"});
  const std::string text = report(result, base);
  EXPECT_EQ(text.find("no TLS fault"), std::string::npos);
  EXPECT_NE(text.find("x: no such file"), std::string::npos);
}

TEST(ScanReport, SumsNoiseUpAndExplainsWhatIsNotTrusted) {
  const KnowledgeBase base = example_base();
  const std::string noise =
      "2026/11/21 02:58:15 [info] 9#9: *1 client sent plain HTTP request to HTTPS port while "
      "reading client request headers, client: "
      "192.0.2.7, server: gw\n";
  const std::string text =
      report(result_of(base, noise + "upstream SSL certificate verify error: (20:x)\n"), base);
  EXPECT_NE(text.find("Noise: 1 line"), std::string::npos) << text;
  EXPECT_NE(text.find("1 recognised line is not trusted"), std::string::npos) << text;
  EXPECT_NE(text.find("no TLS fault found"), std::string::npos);
}

/// `number` faults at as many places, one a minute.
std::string log_of(std::size_t number) {
  std::string log;
  for (std::size_t i = 0; i < number; ++i) {
    std::string line = kVerifyLine;
    line.replace(line.find("10.0.0.1:8443"), 13, "10.0.1." + std::to_string(i) + ":8443");
    line.replace(line.find("02:58:15"), 8, "02:" + std::to_string(10 + i) + ":15");
    for (std::size_t times = 0; times <= i; ++times) log += line + "\n";
  }
  return log;
}

TEST(ScanReport, BeginsWithATableOfAllAndTellsOfTheGravestFive) {
  const KnowledgeBase base = example_base();
  const std::string text = report(result_of(base, log_of(9)), base,
                                  {.language = Language::en, .top = 50, .detailed = 5});
  const auto details = text.find("1. ▲ WARNING");
  ASSERT_NE(details, std::string::npos) << text;
  for (int i = 0; i < 9; ++i) {
    const auto row = text.find("→ 10.0.1." + std::to_string(i) + ":8443: ");
    EXPECT_LT(row, details) << i << "\n" << text;
  }
  EXPECT_EQ(text.find("6. ▲ WARNING"), std::string::npos) << text;
  for (const char* expected :
       {"SEVERITY", "LIKELY CAUSE", "02:18:15", "Lines over time, in spans of 1 min",
        "Where most lines come from", "4 faults are only in the table"})
    EXPECT_NE(text.find(expected), std::string::npos) << expected << "\n" << text;
}

TEST(ScanReport, HasTheSameTableInEveryFormatAndLanguage) {
  const KnowledgeBase base = example_base();
  const ScanResult result = result_of(base, log_of(3));
  for (const Language language : {Language::en, Language::zh}) {
    const std::string markdown = report(result, base, {.language = language}, PageFormat::markdown);
    EXPECT_NE(markdown.find("| ---: | --- | --- | --- | ---: | ---: | --- | --- | --- |"),
              std::string::npos)
        << markdown;
    EXPECT_NE(markdown.find("█"), std::string::npos);
    const std::string html = report(result, base, {.language = language}, PageFormat::html);
    for (const char* expected :
         {"<tr class=\"warning\" data-fault=\"f3\">", "<a href=\"#f3\">", "<svg class=\"spark\"",
          "<svg class=\"chart\"", "<details id=\"f3\""})
      EXPECT_NE(html.find(expected), std::string::npos) << expected;
  }
}

TEST(ScanReport, CountsWhatTopHides) {
  const KnowledgeBase base = example_base();
  std::string other = kVerifyLine;
  other.replace(other.find("10.0.0.1:8443"), 13, "10.0.0.2:8443");
  const std::string text = report(result_of(base, kVerifyLine + "\n" + other + "\n"), base,
                                  {.language = Language::en, .top = 1});
  EXPECT_NE(text.find("1 more fault is not shown"), std::string::npos) << text;
}

TEST(ScanJson, HoldsIncidentsAndASummary) {
  const KnowledgeBase base = example_base();
  const ScanResult result = result_of(base, kVerifyLine + "\n");
  const std::string json = json_of(result, base, 10);
  EXPECT_TRUE(json.starts_with("{\"incidents\":[{\"incident\":{\"id\":\"inc-"));
  EXPECT_NE(json.find("\"summary\":{\"files\":[{\"file\":\"error.log\""), std::string::npos);
  EXPECT_TRUE(json_of(result, base, 0).starts_with("{\"incidents\":[],"));
}

TEST(ScanJson, EndsWhenNobodyReadsAnyMore) {
  const KnowledgeBase base = example_base();
  std::string out;
  write_scan_json(out, result_of(base, kVerifyLine + "\n"), base, Language::en, 10,
                  [] { return false; });
  EXPECT_EQ(out.find("\"files\":"), std::string::npos);
}

}  // namespace
}  // namespace handshaked::cli
