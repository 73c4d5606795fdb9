#include "parse/message_begin.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

#include "parse/nginx_error_parser.h"

namespace handshaked::parse {
namespace {

const std::string kHeader = "2026/11/21 02:58:15 [error] 9812#9812: *5 ";
const std::string kMessage =
    "connect() failed (111: Connection refused) while connecting to upstream, client: 127.0.0.1, "
    "server: a";

TEST(MessageBegin, IsBehindWrappingAndHeader) {
  for (const std::string wrapping :
       {"<187>Nov 21 02:58:15 web-1 nginx: ", "<3>Nov  1 02:58:15 nginx: ",
        "Nov 21 02:58:15 web-1 nginx[9]: ", "<187>1 2026-11-21T02:58:15.123Z web-1 nginx 9 - - ",
        "<187>1 - - - - - - \xEF\xBB\xBF", "2026-11-21T02:58:15.123456789Z stderr F ",
        "2026-11-21T02:58:15+01:00 stdout P ",
        "2026-11-21T02:58:15+01:00 web-1 nginx: ", "2026-11-21T02:58:15Z "}) {
    EXPECT_EQ(find_wrapped_message(wrapping + kHeader + kMessage), wrapping.size() + kHeader.size())
        << wrapping;
  }
}

TEST(MessageBegin, IsBehindTheHeaderInAStringOfJson) {
  for (const std::string head :
       {R"({"log":")", R"({"time": "2026-11-21T02:58:15Z", "file": "/var/log/a", "log": ")",
        R"({"uri":"/2026/11/x","message":")"}) {
    const JsonText text = find_json_text(head + kHeader + kMessage + "\"}");
    EXPECT_EQ(text.quote, head.size() - 1) << head;
    EXPECT_EQ(text.message, head.size() + kHeader.size()) << head;
  }
  for (const std::string head :
       {R"({"log":"{\"log\":\")", R"({"log":"x )", R"({"log":"20)", "{\"log\":\"\n"})
    EXPECT_EQ(find_json_text(head + kHeader + kMessage + "\"}").message, std::string::npos) << head;
}

TEST(MessageBegin, IsNotGuessed) {
  for (const std::string wrapping :
       {"", "{\"log\":\"", "web-1  | ",
        "<18x>Nov 21 02:58:15 web-1 nginx: ", "<>Nov 21 02:58:15 web-1 nginx: ",
        "Nov 21 02:58:15 web 1 nginx: ", "Nov 21 02:58:15 \"web\" nginx: ",
        "Nov 21 02:58 web-1 nginx: ", "<187>1 2026-11-21T02:58:15Z web-1 nginx 9 - [a b=\"c\"] ",
        "Nov 21 02:58:15 web-1\nnginx: "}) {
    EXPECT_EQ(find_wrapped_message(wrapping + kHeader + kMessage), std::string::npos) << wrapping;
  }
  const std::string syslog = "<187>Nov 21 02:58:15 web-1 nginx: ";
  for (const std::string header :
       {"2026/11/21 02:58:15 [fatal] 9#9: ", "2026/11/21 02:58:15 [error] 9: ",
        "2026-11-21 02:58:15 [error] 9#9: ", "2026/11/21 02:58:1x [error] 9#9: ",
        "2026/11/21 02:58:15 [error] #9: ", "nginx: [emerg] ", ""}) {
    EXPECT_EQ(find_wrapped_message(syslog + header + kMessage), std::string::npos) << header;
  }
  EXPECT_EQ(find_wrapped_message(""), std::string::npos);
}

/// Lines out of pieces that belong together or do not, with single bytes changed.
std::string random_line(std::mt19937& random) {
  static const std::string kWrappings[] = {"<187>",
                                           "<3>",
                                           "1 ",
                                           "Nov 21 02:58:15 ",
                                           "Nov  1 02:58:15 ",
                                           "web-1 ",
                                           "nginx: ",
                                           "nginx[9]: ",
                                           "2026-11-21T02:58:15.123Z ",
                                           "stderr F ",
                                           "stdout ",
                                           "- ",
                                           "nginx 9 - - ",
                                           "\xEF\xBB\xBF",
                                           "x"};
  static const std::string kHeaders[] = {kHeader, "2026/11/21 02:58:15 [emerg] 1#1: ",
                                         "2026/11/21 02:58:15 [notice] 1#1: *", "nginx: [emerg] "};
  static const std::string kUsual[] = {
      "<187>Nov 21 02:58:15 web-1 nginx: ", "<187>1 2026-11-21T02:58:15Z web-1 nginx 9 - - ",
      "2026-11-21T02:58:15.123Z stderr F ", "2026-11-21T02:58:15Z web-1 nginx: "};
  std::string line = random() % 2 == 0 ? kUsual[random() % std::size(kUsual)] : "";
  for (auto pieces = random() % 4 * (line.empty() ? 2U : 1U); pieces > 0 && random() % 4 != 0;
       --pieces)
    line += kWrappings[random() % std::size(kWrappings)];
  line += kHeaders[random() % std::size(kHeaders)];
  line += kMessage;
  for (auto changes = random() % 3; changes > 0; --changes)
    line[random() % line.size()] = "0 :<>[]\"'/-{ab|1*#\xff"[random() % 20];
  return line;
}

TEST(MessageBegin, IsWhereTheParserPutsIt) {
  NginxErrorParser parser;
  std::mt19937 random(1);
  int found = 0;
  for (int i = 0; i < 200000; ++i) {
    const std::string line = random_line(random);
    const std::size_t message = find_wrapped_message(line);
    if (message == std::string::npos) continue;
    ++found;
    const ErrorRecord& record = parser.parse(line);
    ASSERT_EQ(record.form, Form::file) << line;
    ASSERT_EQ(static_cast<const void*>(record.text.data()),
              static_cast<const void*>(line.data() + message))
        << line;
    ASSERT_EQ(find_wrapped_message((line + "\n" + line).substr(0, kLongestWrapping)), message)
        << line;
  }
  EXPECT_GT(found, 10000);  // or the pieces no longer fit together
}

}  // namespace
}  // namespace handshaked::parse
