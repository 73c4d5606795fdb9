#include "cli/host/calendar_file.h"

#include <gtest/gtest.h>

#include <sstream>

namespace handshaked::cli {
namespace {

diagnose::CalendarEntry entry(Time at, diagnose::Text what, std::string file = {},
                              std::uint32_t line = 0) {
  diagnose::CalendarEntry made;
  made.at = at;
  made.what = std::move(what);
  made.file = std::move(file);
  made.line = line;
  return made;
}

TEST(CalendarFile, HasAnEventForEachEndThatNoNameCanLeave) {
  const Time at = Time(std::chrono::seconds(1795237495));
  const std::string hostile =
      "CN=a; b, c\\d\r\nEND:VCALENDAR " + std::string(60, 'x') + "证书证书证书";
  const std::string text = calendar_file(
      {entry(at, {hostile, "到期"}, "/etc/nginx/a.conf", 7), entry(at, {"other", "另一个"})}, at,
      Language::en);
  EXPECT_TRUE(text.starts_with("BEGIN:VCALENDAR\r\nVERSION:2.0\r\n"));
  EXPECT_TRUE(text.ends_with("END:VEVENT\r\nEND:VCALENDAR\r\n"));
  std::istringstream lines(text);
  std::string unfolded;
  int events = 0;
  for (std::string line; std::getline(lines, line);) {
    EXPECT_LE(line.size(), 76U) << line;  // with its carriage return
    EXPECT_TRUE(line.ends_with('\r')) << line;
    line.pop_back();
    events += line == "BEGIN:VEVENT" ? 1 : 0;
    unfolded += line.starts_with(' ') ? line.substr(1) : "\n" + line;
  }
  EXPECT_EQ(events, 2);
  EXPECT_NE(unfolded.find("\nDTSTART:20261121T050455Z"), std::string::npos) << unfolded;
  EXPECT_NE(unfolded.find("\nSUMMARY:CN=a\\; b\\, c\\\\d\\\\r\\\\nEND:VCALENDAR xxx"),
            std::string::npos)
      << unfolded;
  EXPECT_NE(unfolded.find("证书证书证书\nDESCRIPTION:/etc/nginx/a.conf:7"), std::string::npos)
      << unfolded;
  EXPECT_NE(unfolded.find("\nTRIGGER:-P14D"), std::string::npos);
}

TEST(CalendarFile, NamesTheSameThingTheSameInEveryLanguageAndFile) {
  const std::vector<diagnose::CalendarEntry> entries{
      entry(Time(std::chrono::seconds(1795237495)), {"a", "甲"})};
  const auto uid = [](const std::string& text) { return text.substr(text.find("UID:"), 40); };
  EXPECT_EQ(uid(calendar_file(entries, Time{}, Language::en)),
            uid(calendar_file(entries, Time(std::chrono::hours(1)), Language::zh)));
}

}  // namespace
}  // namespace handshaked::cli
