#include "cli/command_line/command_line.h"

#include <gtest/gtest.h>

#include <cstdlib>

namespace handshaked::cli {
namespace {

template <class... Words>
CommandLine read(Words... words) {
  const char* const arguments[] = {"handshaked", words...};
  return read_command_line(static_cast<int>(sizeof...(words)) + 1, arguments);
}

TEST(CommandLine, AnswersTwoForEveryKindOfWrongUsage) {
  testing::internal::CaptureStderr();
  EXPECT_EQ(read().exit_code, 2);
  EXPECT_EQ(read("nope").exit_code, 2);
  EXPECT_EQ(read("match").exit_code, 2);
  EXPECT_EQ(read("scan", "--format", "pdf", "x").exit_code, 2);
  EXPECT_EQ(read("scan", "--top", "0", "x").exit_code, 2);
  EXPECT_EQ(read("scan", "--fail-on", "bad", "x").exit_code, 2);
  EXPECT_EQ(read("scan", "--unknown", "x").exit_code, 2);
  EXPECT_EQ(read("explain").exit_code, 2);
  testing::internal::GetCapturedStderr();
}

TEST(CommandLine, PrintsHelpForEveryVerbWithAnExample) {
  for (const char* verb : {"run", "scan", "match", "explain", "check"}) {
    testing::internal::CaptureStdout();
    const CommandLine line = read(verb, "--help");
    const std::string help = testing::internal::GetCapturedStdout();
    EXPECT_FALSE(line.command.has_value());
    EXPECT_EQ(line.exit_code, 0);
    EXPECT_NE(help.find("Example: "), std::string::npos) << verb;
  }
}

TEST(CommandLine, ReadsScan) {
  const CommandLine line = read("scan", "a.log", "-", "--format", "html", "--lang", "zh",
                                "--fail-on", "warning", "--top", "3", "--time-zone", "UTC");
  ASSERT_TRUE(line.command.has_value());
  const auto& scan = std::get<ScanOptions>(*line.command);
  EXPECT_EQ(scan.files, (std::vector<std::string>{"a.log", "-"}));
  EXPECT_EQ(scan.format, ReportFormat::html);
  EXPECT_EQ(scan.language, Language::zh);
  EXPECT_EQ(scan.fail_on, match::Severity::warning);
  EXPECT_EQ(scan.top, 3U);
}

TEST(CommandLine, TakesTheFormatFromTheNameOfTheOutput) {
  EXPECT_EQ(std::get<ScanOptions>(*read("scan", "a", "-o", "r.html").command).format,
            ReportFormat::html);
  EXPECT_EQ(std::get<ScanOptions>(*read("scan", "a", "-o", "r.md").command).format,
            ReportFormat::markdown);
  EXPECT_EQ(
      std::get<ScanOptions>(*read("scan", "a", "-o", "r.html", "--format", "json").command).format,
      ReportFormat::json);
}

TEST(CommandLine, JoinsTheWordsOfAQuestion) {
  EXPECT_EQ(std::get<ExplainOptions>(*read("explain", "alert", "48").command).question, "alert 48");
  EXPECT_TRUE(std::get<ExplainOptions>(*read("explain", "20", "--format", "json").command).json);
}

TEST(CommandLine, ReadsWhatIsForTheRunningDaemon) {
  const auto options = [](const CommandLine& line) {
    return std::get<OperatorOptions>(*line.command);
  };
  const auto silence = options(read("silence", "add", "server=db", "rule=~nginx/.*", "--for",
                                    "1d2h", "--comment", "CA", "--socket", "/x"));
  EXPECT_EQ(silence.verb, "silence.add");
  EXPECT_EQ(silence.socket, "/x");
  EXPECT_EQ(silence.arguments.at("matchers"),
            (std::vector<std::string>{"server=db", "rule=~nginx/.*"}));
  EXPECT_EQ(silence.arguments.at("seconds"), std::vector<std::string>{"93600"});
  EXPECT_EQ(options(read("silence", "add", "server=db")).arguments.at("seconds"),
            std::vector<std::string>{"3600"});
  EXPECT_FALSE(options(read("silence", "add", "server=db", "--until", "2026-12-01T00:00:00Z"))
                   .arguments.contains("seconds"));
  const auto note = options(read("incidents", "note", "inc-1", "ticket 4711", "--format", "json"));
  EXPECT_EQ(note.arguments.at("text"), std::vector<std::string>{"ticket 4711"});
  EXPECT_TRUE(note.json);
  const auto retry = options(read("deliveries", "retry", "17", "18"));
  EXPECT_EQ(retry.arguments.at("id"), (std::vector<std::string>{"17", "18"}));
  EXPECT_EQ(
      options(read("deliveries", "discard", "--all", "--receiver", "ops")).arguments.at("all"),
      std::vector<std::string>{"true"});
  EXPECT_EQ(options(read("status", "--lang", "zh")).language, Language::zh);
  testing::internal::CaptureStderr();
  EXPECT_EQ(read("silence", "add", "server=db", "--for", "soon").exit_code, 2);
  EXPECT_EQ(read("silence", "add").exit_code, 2);
  EXPECT_EQ(read("incidents").exit_code, 2);
  EXPECT_EQ(read("incidents", "show").exit_code, 2);
  testing::internal::GetCapturedStderr();
}

TEST(CommandLine, FollowsTheLocale) {
  ::setenv("LC_ALL", "zh_CN.UTF-8", 1);
  EXPECT_EQ(language_of_locale(), Language::zh);
  ::setenv("LC_ALL", "C", 1);
  EXPECT_EQ(language_of_locale(), Language::en);
  ::unsetenv("LC_ALL");
}

}  // namespace
}  // namespace handshaked::cli
