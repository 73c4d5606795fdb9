#include "telemetry/journal.h"

#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <string>

namespace handshaked::telemetry {
namespace {

using ::testing::ElementsAre;

TEST(Journal, NamesWhatAMessageIsAbout) {
  EXPECT_THAT(
      journal_fields(LogLevel::warning, "it is down",
                     {.id = {"0123456789abcdef0123456789abcdef"},
                      .incident = "inc-1",
                      .rule = "nginx/x",
                      .receiver = "ops",
                      .source = "/l"}),
      ElementsAre("MESSAGE=it is down", "PRIORITY=4", "SYSLOG_IDENTIFIER=handshaked",
                  "MESSAGE_ID=0123456789abcdef0123456789abcdef", "HANDSHAKED_INCIDENT=inc-1",
                  "HANDSHAKED_RULE=nginx/x", "HANDSHAKED_RECEIVER=ops", "HANDSHAKED_SOURCE=/l"));
}

TEST(Journal, LeavesOutWhatIsNotKnown) {
  EXPECT_THAT(journal_fields(LogLevel::error, "so", {}),
              ElementsAre("MESSAGE=so", "PRIORITY=3", "SYSLOG_IDENTIFIER=handshaked"));
  EXPECT_EQ(journal_fields(LogLevel::debug, "so", {})[1], "PRIORITY=7");
  EXPECT_EQ(journal_fields(LogLevel::info, "so", {})[1], "PRIORITY=6");
}

/// JOURNAL_STREAM for the time of a test.
class Stream {
 public:
  explicit Stream(const std::string& value) { setenv("JOURNAL_STREAM", value.c_str(), 1); }
  ~Stream() { unsetenv("JOURNAL_STREAM"); }
};

TEST(Journal, IsThereOnlyWhenStderrIsTheStreamThatSystemdOpened) {
  struct stat status {};
  ASSERT_EQ(fstat(STDERR_FILENO, &status), 0);
  const std::string device = std::to_string(status.st_dev);
  const std::string inode = std::to_string(status.st_ino);
  EXPECT_FALSE(is_stderr_the_journal());
  EXPECT_TRUE((Stream(device + ":" + inode), is_stderr_the_journal()));
  for (const std::string& other :
       {device + ":" + inode + "1", device + ":", ":" + inode, inode, std::string(),
        std::string(":"), device + ":" + inode + " ", std::string("9:99999999999999999999999")}) {
    EXPECT_FALSE((Stream(other), is_stderr_the_journal())) << other;
  }
}

}  // namespace
}  // namespace handshaked::telemetry
