#include <gtest/gtest.h>

#include "unit/config/read_toml.h"

namespace handshaked::config {
namespace {

using std::chrono::days;
using std::chrono::hours;
using LeadTimes = std::vector<std::chrono::seconds>;

TEST(CalendarSection, TellsThirtySevenAndOneDayAheadByDefault) {
  const Calendar calendar = read("").config.calendar;
  EXPECT_TRUE(calendar.enabled);
  EXPECT_EQ(calendar.lead_times, (LeadTimes{days(30), days(7), days(1)}));
}

TEST(CalendarSection, SortsLeadTimesAndKeepsEachOnce) {
  EXPECT_EQ(read("[calendar]\nlead_times = [\"2d\", \"60d\", \"48h\", \"12h\"]\n")
                .config.calendar.lead_times,
            (LeadTimes{days(60), days(2), hours(12)}));
  EXPECT_TRUE(read("[calendar]\nlead_times = []\n").config.calendar.lead_times.empty());
}

TEST(CalendarSection, NamesWhatCannotBeALeadTime) {
  EXPECT_NE(
      problem("[calendar]\nlead_times = [\"soon\"]\n").find("\"soon\", which is not a duration"),
      std::string::npos);
  EXPECT_NE(problem("[calendar]\nlead_times = [\"30m\"]\n").find("at least 1h"), std::string::npos);
  EXPECT_NE(problem("[calendar]\nlead_times = [\"500d\"]\n").find("at most 400d"),
            std::string::npos);
  EXPECT_NE(problem("[calendar]\nleadtimes = [\"1d\"]\n").find("unknown key"), std::string::npos);
}

TEST(CalendarSection, PeersAreWatchedOnlyWhereTheyMayBeAskedAndSomebodyLooks) {
  EXPECT_FALSE(read("").config.diagnosis.watch);
  const LoadedConfig watched = read("[diagnosis]\nwatch = true\nwatch_interval = \"12h\"\n");
  EXPECT_TRUE(watched.problems.empty());
  EXPECT_EQ(watched.config.diagnosis.watch_interval, std::chrono::seconds(hours(12)));
  EXPECT_NE(problem("[diagnosis]\nwatch = true\nprobe = false\n").find("probe = false forbids"),
            std::string::npos);
  EXPECT_NE(problem("[diagnosis]\nwatch = true\n[calendar]\nenabled = false\n")
                .find("without [calendar] enabled"),
            std::string::npos);
  EXPECT_NE(problem("[diagnosis]\nwatch_interval = \"10ms\"\n").find("at least 1s"),
            std::string::npos);
}

}  // namespace
}  // namespace handshaked::config
