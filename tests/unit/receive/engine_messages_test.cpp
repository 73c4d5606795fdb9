#include "receive/engine_messages.h"

#include <gmock/gmock.h>

#include "support/recording_intake.h"

namespace handshaked::receive {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class EngineMessagesTest : public testing::Test {
 protected:
  RecordingIntake intake;
  SourceCounters counters;
  FieldNames names;
  JsonRecordReader reader;
  EngineMessages messages{intake, names, reader, counters};
};

TEST_F(EngineMessagesTest, TakeLinesAndOnlySearchTheOthers) {
  EXPECT_FALSE(messages.add("nothing\n"));
  EXPECT_FALSE(messages.add(""));
  EXPECT_FALSE(messages.add(" \n"));
  EXPECT_THAT(intake.records, IsEmpty());
  EXPECT_TRUE(messages.add("an SSL line\n"));
  EXPECT_THAT(intake.texts(), ElementsAre("nothing", "an SSL line"))
      << "the line before tells who wrote this one";
  EXPECT_TRUE(messages.add("SSL again"));
  EXPECT_THAT(intake.texts(), ElementsAre("nothing", "an SSL line", "SSL again"));
  EXPECT_EQ(counters.records, 5U);
}

TEST_F(EngineMessagesTest, DoNotTakeAnotherHostsLineForTheOneBefore) {
  messages.set_host("web-1");
  messages.add("nothing");
  messages.set_host("web-2");
  EXPECT_EQ(intake.sender, "web-2");
  messages.add("an SSL line");
  EXPECT_THAT(intake.texts(), ElementsAre("an SSL line"));
}

TEST_F(EngineMessagesTest, ReadJsonInEveryFormThatShippersWrite) {
  EXPECT_TRUE(messages.add(R"({"message":"SSL 1","host":"web-1"})"));
  EXPECT_TRUE(messages.add(R"([{"log":"SSL 2"}, {"log":"nothing"},{"log":"SSL 3"}])"));
  EXPECT_TRUE(messages.add(
      R"([[1700000000.5,{"log":"SSL 4","host":"web-4"}],[1700000001.0,{"log":"SSL 5"}]])"))
      << "Fluent Bit";
  EXPECT_TRUE(messages.add("{\"message\":\"SSL 6\"}\n{\"message\":\"SSL 7\"}\n"));
  EXPECT_TRUE(messages.add("{\n  \"message\": \"SSL 8\"\n}"));
  EXPECT_FALSE(messages.add(R"({"message":"nothing"})"));
  EXPECT_THAT(intake.texts(),
              ElementsAre("SSL 1", "SSL 2", "SSL 3", "SSL 4", "SSL 5", "SSL 6", "SSL 7", "SSL 8"));
  EXPECT_EQ(intake.records[0].host, "web-1");
  EXPECT_EQ(intake.records[3].host, "web-4");
  EXPECT_EQ(intake.malformed, 0U);
}

TEST_F(EngineMessagesTest, CountWhatIsBroken) {
  messages.add(R"({"message":"SSL 1)");
  messages.add(R"({"message":SSL})");
  EXPECT_THAT(intake.texts(), IsEmpty());
  EXPECT_EQ(intake.malformed, 2U);
}

}  // namespace
}  // namespace handshaked::receive
