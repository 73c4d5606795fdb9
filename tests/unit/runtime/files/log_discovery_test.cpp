#include "runtime/files/log_discovery.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace handshaked::runtime {
namespace {

using nginx::LogPlace;
using nginx::NamedErrorLog;
using ::testing::HasSubstr;

NamedErrorLog named(LogPlace place, const std::string& path, const std::string& level = "error") {
  return {.place = place,
          .path = path,
          .level = level,
          .file = "/etc/nginx/nginx.conf",
          .line = 7,
          .mentions = 1};
}

TEST(LogDiscovery, SaysWhatToDoInstead) {
  const auto remarks =
      remarks_on({named(LogPlace::syslog, "syslog:server=unix:/dev/log"),
                  named(LogPlace::stderr_, "stderr"), named(LogPlace::device, "/dev/stdout"),
                  named(LogPlace::memory, "memory:32m"), named(LogPlace::discarded, "/dev/null")});
  ASSERT_EQ(remarks.size(), 5U);
  EXPECT_THAT(
      remarks[0].text,
      HasSubstr("error_log syslog:server=unix:/dev/log (/etc/nginx/nginx.conf:7) goes to syslog"));
  EXPECT_THAT(remarks[0].text, HasSubstr("[[syslog]]"));
  EXPECT_THAT(remarks[1].text, HasSubstr("[[journal]] units = [\"nginx.service\"]"));
  EXPECT_THAT(remarks[2].text, HasSubstr("[[journal]]"));
  EXPECT_FALSE(remarks[3].is_warning);
  EXPECT_THAT(remarks[4].text, HasSubstr("no fault can be seen"));
}

TEST(LogDiscovery, WarnsOfLevelsThatHideUpstreams) {
  const auto remarks = remarks_on(
      {named(LogPlace::file, "/a.log", "crit"), named(LogPlace::file, "/b.log", "emerg"),
       named(LogPlace::file, "/c.log", "error"), named(LogPlace::file, "/d.log", "debug")});
  ASSERT_EQ(remarks.size(), 2U);
  EXPECT_THAT(remarks[0].text,
              HasSubstr("/a.log (/etc/nginx/nginx.conf:7) at level crit hides upstream faults"));
  EXPECT_TRUE(remarks[1].is_warning);
}

TEST(LogDiscovery, SaysNothingOfWhatIsBuiltIn) {
  NamedErrorLog built_in{.place = LogPlace::stderr_,
                         .path = "stderr",
                         .level = "error",
                         .file = {},
                         .is_start_log = true};
  EXPECT_TRUE(remarks_on({built_in}).empty());
}

}  // namespace
}  // namespace handshaked::runtime
