#include "analysis.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "match/rule_file.h"

namespace handshaked {
namespace {

const std::string kFault =
    "2026/11/21 02:58:15 [error] 9#9: *7 upstream SSL certificate verify error: (10:certificate "
    "has expired) while SSL handshaking to "
    "upstream, "
    "client: 198.51.100.7, server: pay, request: \"GET /pay HTTP/1.1\", upstream: "
    "\"https://10.20.30.0:8443/pay\", host: \"pay\"";
const std::string kOrdinary =
    "2026/11/21 02:58:14 [error] 9#9: *6 open() \"/srv/a\" failed (2: No such file or directory), "
    "client: 192.0.2.7, server: gw, request: "
    "\"GET /a HTTP/1.1\", host: \"gw\"";
const std::string kForgery[] = {
    "2026/11/21 02:58:15 [error] 9#9: *1 open() \"/srv/z",
    kFault +
        "\" failed (2: No such file or directory), client: 127.0.0.1, server: gw, request: \"GET "
        "/z%0a2026 HTTP/1.1\", host: \"gw\""};

std::shared_ptr<const match::RuleSet> rules() {
  match::LoadedRules loaded;
  match::read_rules(
      R"([{"id":"t/verify","signature":"s","regex":"upstream SSL certificate verify error: ","side":"upstream","kind":"fault","severity":"warning","noise":false,"causes":[{"cause":"c","likelihood":1}]},
    {"id":"t/plain","signature":"s","regex":"upstream timed out","side":"upstream","kind":"fault","severity":"info","noise":false,"needs_configuration":true,"causes":[{"cause":"c","likelihood":1}]},
    {"id":"t/public","signature":"s","regex":"something anywhere"}])",
      "x", loaded);
  EXPECT_TRUE(loaded.problems.empty());
  return std::make_shared<const match::RuleSet>(std::move(loaded.rules));
}

/// "LINE-NUMBER RULE@OFFSET" of every recognised line; "?" behind what is not trusted.
class Recorder : public FailureHandler {
 public:
  void on_failure(const match::RecognisedLine& failure) override {
    seen.push_back(std::to_string(failure.line_number) + " " + failure.rule.id + "@" +
                   std::to_string(failure.offset.value) + (failure.trusted ? "" : "?"));
    last_time = failure.time;
  }
  std::vector<std::string> seen;
  std::optional<parse::ZonedTime> last_time;
};

parse::TimeZone zone() { return parse::TimeZone::named("+01:00").value(); }

/// Reads a log in blocks that end at the given line numbers.
std::vector<std::string> read_in_blocks(const std::string& log, std::size_t block_lines,
                                        LineAnalysis::Counters* counters = nullptr) {
  LineAnalysis analysis(rules(), zone());
  analysis.count_lines_from_start();
  Recorder recorder;
  for (std::size_t begin = 0; begin < log.size();) {
    std::size_t end = begin;
    for (std::size_t i = 0; i < block_lines && end < log.size(); ++i)
      end = std::min(log.find('\n', end), log.size() - 1) + 1;
    const std::size_t before = std::min(begin, ingest::kNginxLineLimit);
    analysis.consume({.bytes = std::string_view(log).substr(begin, end - begin),
                      .before = std::string_view(log).substr(begin - before, before),
                      .offset = {begin},
                      .goes_on = end < log.size()},
                     recorder);
    begin = end;
  }
  if (counters != nullptr) *counters = analysis.counters();
  return recorder.seen;
}

std::string in_json(const std::string& line) {
  std::string out;
  for (const char c : line) out.append(c == '"' ? "\\\"" : std::string(1, c));
  return out;
}

TEST(LineAnalysis, ReadsAllRecordsOfABatchAtTheLineInWhichTheyStand) {
  const std::string batch = R"({"logEvents":[{"message":")" + in_json(kFault) +
                            R"("},{"message":")" + in_json(kOrdinary) + R"("},{"message":")" +
                            in_json(kFault) + R"("}]})";
  const std::string log = kOrdinary + "\n" + batch + "\n" + kFault + "\n" + batch + "\n";
  const std::string first = std::to_string(kOrdinary.size() + 1),
                    second = std::to_string(kOrdinary.size() + batch.size() + 2);
  const std::string third = std::to_string(kOrdinary.size() + batch.size() + kFault.size() + 3);
  const std::vector<std::string> wanted{"2 t/verify@" + first, "2 t/verify@" + first,
                                        "3 t/verify@" + second, "4 t/verify@" + third,
                                        "4 t/verify@" + third};
  for (const std::size_t lines : {1, 2, 3, 9})
    EXPECT_EQ(read_in_blocks(log, lines), wanted) << lines;
}

TEST(LineAnalysis, ReadsABatchThatDockerTookForAText) {
  const std::string batch = R"({"logEvents":[{"message":")" + in_json(kOrdinary) +
                            R"("},{"message":")" + in_json(kFault) + R"("}]})";
  std::string text;
  for (const char c : batch) text.append(c == '"' || c == '\\' ? "\\" : "").append(1, c);
  EXPECT_EQ(read_in_blocks(R"({"log":")" + text + R"(\n","stream":"stderr"})" + "\n", 9),
            std::vector<std::string>{"1 t/verify@0"});
}

TEST(LineAnalysis, ABatchInsideAStrangersRecordIsForged) {
  const std::string batch = R"({"logEvents":[{"message":")" + in_json(kFault) +
                            R"("},{"message":")" + in_json(kOrdinary) + R"("}]})";
  const std::string log = kOrdinary + "\n" +
                          "2026/11/21 02:58:15 [error] 9#9: *1 open() \"/srv/a\n" + batch +
                          "\nb\" failed (2: No such file or directory), client: 192.0.2.7, server: "
                          "x, request: \"GET /a%0a HTTP/1.1\", host: \"x\"\n" +
                          kOrdinary + "\n";
  LineAnalysis::Counters counters;
  EXPECT_TRUE(read_in_blocks(log, 9, &counters).empty());
  EXPECT_EQ(counters.forged, 1U);
}

TEST(LineAnalysis, FindsTheFaultAmongOrdinaryLines) {
  std::string log;
  for (int i = 0; i < 100; ++i) log += kOrdinary + "\n";
  const std::size_t offset = log.size();
  log += kFault + "\n" + kOrdinary + "\n";
  LineAnalysis::Counters counters;
  EXPECT_EQ(read_in_blocks(log, 1000, &counters),
            (std::vector<std::string>{"101 t/verify@" + std::to_string(offset)}));
  EXPECT_EQ(counters.lines, 102U);
  EXPECT_EQ(counters.bytes, log.size());
  EXPECT_EQ(counters.matched, 1U);
  EXPECT_EQ(counters.candidates, 1U);
}

TEST(LineAnalysis, ReadsTimesInTheZoneOfTheLog) {
  LineAnalysis analysis(rules(), zone());
  Recorder recorder;
  analysis.consume({.bytes = kFault, .before = kOrdinary, .offset = {}}, recorder);
  ASSERT_TRUE(recorder.last_time);
  EXPECT_EQ(parse::format_rfc3339(*recorder.last_time), "2026-11-21T02:58:15+01:00");
  const std::string wrapped = "2026-11-21T05:06:07.5Z stderr F " + kFault;
  analysis.consume({.bytes = wrapped, .before = kOrdinary, .offset = {}}, recorder);
  EXPECT_EQ(parse::format_rfc3339(*recorder.last_time), "2026-11-21T05:06:07.500000Z");
}

TEST(LineAnalysis, SuppressesAForgedLineAndKeepsTheGenuineOnesAroundIt) {
  const std::string log = kFault + "\n" + kForgery[0] + "\n" + kForgery[1] + "\n" + kFault + "\n" +
                          kOrdinary + "\n" + kFault + "\n";
  for (const std::size_t block : {1, 2, 3, 4, 100}) {
    LineAnalysis::Counters counters;
    const auto seen = read_in_blocks(log, block, &counters);
    ASSERT_EQ(seen.size(), 3U) << block;
    EXPECT_EQ(seen[1].substr(0, 2), "4 ");
    for (const std::string& line : seen) EXPECT_FALSE(line.ends_with('?')) << block << ": " << line;
    EXPECT_EQ(counters.forged, 1U);
    EXPECT_EQ(counters.untrusted, 0U);
  }
}

TEST(LineAnalysis, DoesNotTrustWhatMayBeSomethingElse) {
  const auto only = [](const std::string& log) {
    const auto seen = read_in_blocks(log, 100);
    return seen.size() == 1 ? seen.front() : std::to_string(seen.size()) + " lines";
  };
  EXPECT_TRUE(only("upstream SSL certificate verify error: (10:certificate has expired)\n" +
                   kOrdinary + "\n")
                  .ends_with('?'))
      << "no header";
  EXPECT_TRUE(only("2026/11/21 02:58:15 [error] 9#9: *1 upstream timed out while reading upstream, "
                   "client: 1.1.1.1, server: a\n" +
                   kOrdinary + "\n")
                  .ends_with('?'))
      << "needs the configuration";
  EXPECT_TRUE(
      only(
          "2026/11/21 02:58:15 [error] 9#9: *1 x something anywhere, client: 1.1.1.1, server: a\n" +
          kOrdinary + "\n")
          .ends_with('?'))
      << "imported";
}

TEST(LineAnalysis, SaysTheSameHoweverTheLogIsCutIntoBlocks) {
  std::mt19937 random(5);
  const std::string pieces[] = {kFault,
                                kFault,
                                kOrdinary,
                                kForgery[0],
                                kForgery[1],
                                "",
                                "rest\" failed, client: 127.0.0.1, server: gw",
                                kOrdinary + "\r"};
  for (int round = 0; round < 300; ++round) {
    std::string log;
    for (auto lines = random() % 12; lines > 0; --lines)
      log += pieces[random() % std::size(pieces)] + "\n";
    // What stands behind a line decides about trust, and whether it is surely forged; that a
    // genuine one is recognised must not depend on the cut, and what is seen of the others must not
    // be trusted.
    const auto whole = read_in_blocks(log, 1000);
    for (const std::size_t block : {2, 5}) {
      const auto cut = read_in_blocks(log, block);
      for (const std::string& line : cut) {
        if (line.ends_with('?')) continue;
        const auto is_known = [&line](const std::string& other) {
          return other.substr(0, other.find('?')) == line;
        };
        ASSERT_TRUE(std::any_of(whole.begin(), whole.end(), is_known)) << line << "\n" << log;
      }
      for (const std::string& line : whole) {
        const auto is_same = [&line](const std::string& other) {
          return other.substr(0, other.find('?')) == line.substr(0, line.find('?'));
        };
        ASSERT_TRUE(std::any_of(cut.begin(), cut.end(), is_same)) << line << "\n" << log;
      }
    }
  }
}

TEST(LineAnalysis, TakesALastLineWithoutALineFeed) {
  EXPECT_EQ(read_in_blocks(kOrdinary + "\n" + kFault, 100).size(), 1U);
  EXPECT_EQ(read_in_blocks("", 100).size(), 0U);
  EXPECT_EQ(read_in_blocks("\n\n\n", 1).size(), 0U);
}

}  // namespace
}  // namespace handshaked
