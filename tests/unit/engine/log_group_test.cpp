#include "engine/log_group.h"

#include <gmock/gmock.h>

#include "engine/record_fold.h"
#include "unit/runtime/group/record_log_model.h"

namespace handshaked::engine::test {
namespace {

using runtime::test::RecordLogClient;
using runtime::test::RecordLogModel;
using testing::ElementsAre;
using testing::HasSubstr;

template <class T>
T value_of(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().message());
  return std::move(result).value();
}

class LogGroupTest : public testing::Test {
 protected:
  std::unique_ptr<GroupEngine> connect(std::uint64_t records_between_keys = 1000) {
    return make_log_group(std::make_unique<RecordLogClient>(model_), 1, records_between_keys);
  }
  RecordLogModel::Partition& log() { return model_.partitions[0]; }
  RecordLogModel::Partition& keys() { return model_.partitions[1]; }

  static std::vector<std::string> payloads(GroupEngine& group, std::uint64_t to) {
    std::vector<std::string> found;
    const auto read = group.read_log(0, to, [&found](const GroupEngine::Entry& entry) -> Result<> {
      found.push_back(entry.behind ? entry.payload : "foreign");
      return success();
    });
    if (!read) throw std::runtime_error(read.error().message());
    return found;
  }

  RecordLogModel model_;
};

TEST_F(LogGroupTest, TakesAnEntryBehindTheLastOneOnly) {
  const auto anna = connect(), berta = connect();
  EXPECT_FALSE(value_of(anna->last_entry(0)));
  const auto first = value_of(anna->append(0, 0, "one"));
  ASSERT_TRUE(first);
  EXPECT_FALSE(value_of(berta->append(0, 0, "another first")));
  ASSERT_EQ(value_of(berta->last_entry(0))->payload, "one");
  const auto second = value_of(berta->append(0, *first, "two"));
  ASSERT_TRUE(second);
  EXPECT_FALSE(value_of(anna->append(0, *first, "anna does not know of two")));
  EXPECT_EQ(value_of(anna->last_entry(0))->sequence, *second);
  EXPECT_THAT(payloads(*connect(), *second), ElementsAre("one", "two"));
}

TEST_F(LogGroupTest, WritesAnEntryWithOneRequest) {
  const auto anna = connect();
  std::uint64_t last = 0;
  ASSERT_FALSE(value_of(anna->last_entry(0)));
  for (int round = 0; round < 6; ++round) {
    const std::uint64_t before = model_.requests;
    last = *value_of(anna->append(0, last, "entry"));
    EXPECT_EQ(model_.requests, before + 1);
  }
}

TEST_F(LogGroupTest, ReadsWhetherAnEntryWithoutAnAnswerCounts) {
  using Fate = RecordLogModel::Fate;
  for (const Fate fate : {Fate::unanswered, Fate::lost, Fate::late}) {
    model_.partitions.clear();
    const auto anna = connect();
    ASSERT_FALSE(value_of(anna->last_entry(0)));
    model_.happening = [fate] { return fate; };
    EXPECT_FALSE(anna->append(0, 0, "one"));
    model_.happening = [] { return Fate::answered; };
    const auto nothing = value_of(anna->append(0, 0, "nothing"));
    EXPECT_EQ(nothing.has_value(), fate == Fate::lost);
    EXPECT_EQ(value_of(anna->last_entry(0))->payload, fate == Fate::lost ? "nothing" : "one");
    EXPECT_EQ(value_of(connect()->last_entry(0))->payload, fate == Fate::lost ? "nothing" : "one");
  }
}

TEST_F(LogGroupTest, CountsARecordThatIsThereTwiceOnce) {
  const auto anna = connect();
  ASSERT_FALSE(value_of(anna->last_entry(0)));
  model_.happening = [] { return RecordLogModel::Fate::twice; };
  const auto first = value_of(anna->append(0, 0, "one"));
  model_.happening = [] { return RecordLogModel::Fate::answered; };
  ASSERT_TRUE(first);
  EXPECT_EQ(log().end, 2U);
  const auto second = value_of(anna->append(0, *first, "two"));
  EXPECT_THAT(payloads(*connect(), *second), ElementsAre("one", "two"));
}

TEST_F(LogGroupTest, PassesOverWhatIsForeign) {
  const auto anna = connect();
  const std::uint64_t first = *value_of(anna->append(0, 0, "one"));
  log().add("a stranger's words");
  log().add("handshaked-record 1 entry behind=x start=0 id=a\n");
  const std::uint64_t second = *value_of(anna->append(0, first, "two"));
  EXPECT_EQ(anna->passed_over(0), 2U);
  EXPECT_THAT(payloads(*anna, second), ElementsAre("one", "foreign", "foreign", "two"));
  EXPECT_EQ(anna->passed_over(0), 0U);
  log().add("the last word");
  EXPECT_EQ(value_of(connect()->last_entry(0))->payload, "two");
}

TEST_F(LogGroupTest, RefusesANewerFormat) {
  const auto anna = connect();
  const std::uint64_t first = *value_of(anna->append(0, 0, "one"));
  const std::uint64_t record = log().add("handshaked-record 2 whatever comes then\n");
  for (const auto& group : {connect(), connect()}) {
    const auto last = group->last_entry(0);
    ASSERT_FALSE(last);
    EXPECT_EQ(last.error().code(), ErrorCode::invalid_input);
    EXPECT_THAT(last.error().message(), HasSubstr("newer handshaked"));
  }
  EXPECT_FALSE(anna->append(0, first, "two"));
  std::erase_if(log().records, [record](const auto& kept) { return kept.offset >= record; });
  EXPECT_EQ(value_of(connect()->last_entry(0))->payload, "one");
}

TEST_F(LogGroupTest, ReadsFromTheCopyAndDropsWhatStoodBeforeTheOneBefore) {
  const auto anna = connect();
  std::uint64_t last = 0, copies[2] = {};
  for (std::uint64_t& copy : copies) {
    for (const char* const payload : {"change", "copy", "change"}) {
      last = *value_of(anna->append(0, last, payload));
      if (payload == std::string("copy")) copy = last;
    }
    EXPECT_TRUE(anna->drop_before(0, copy));
    last = *value_of(anna->append(0, last, "behind the copy"));
    EXPECT_THAT(payloads(*connect(), last), ElementsAre("copy", "change", "behind the copy"));
  }
  EXPECT_EQ(log().first() + 1, copies[0]);
  EXPECT_FALSE(value_of(connect()->append(0, copies[0], "late")));
}

TEST_F(LogGroupTest, FindsItsEndHoweverMuchIsThereAndWhoeverWroteLast) {
  const auto anna = connect(), sleeper = connect();
  std::uint64_t last = *value_of(anna->append(0, 0, "one"));
  ASSERT_TRUE(value_of(sleeper->last_entry(0)));
  const std::uint64_t old = last;
  for (int round = 0; round < 3; ++round) {
    const std::uint64_t copy = last;
    for (int entry = 0; entry < 100; ++entry)
      last = *value_of(anna->append(0, last, std::to_string(entry)));
    ASSERT_TRUE(anna->drop_before(0, copy + 50));
  }
  last = *value_of(anna->append(0, last, "last"));
  ASSERT_GT(log().first(), old);
  EXPECT_FALSE(value_of(sleeper->append(
      0, old,
      "long after")));  // its record stands at the end, and knows nothing that is still there
  EXPECT_EQ(value_of(connect()->last_entry(0))->sequence, last);
  EXPECT_EQ(value_of(sleeper->last_entry(0))->sequence, last);
}

TEST_F(LogGroupTest, SaysThatWhatItNeedsWasRemoved) {
  const auto anna = connect();
  const std::uint64_t first = *value_of(anna->append(0, 0, "one"));
  const std::uint64_t second = *value_of(anna->append(0, first, "two"));
  log().records.erase(log().records.begin());
  const auto read = connect()->read_log(0, second, [](const auto&) { return success(); });
  ASSERT_FALSE(read);
  EXPECT_THAT(read.error().message(), HasSubstr("retention must be unlimited"));
  log().records.clear();
  EXPECT_FALSE(connect()->last_entry(0)) << "a state that is gone is no new state";
}

TEST_F(LogGroupTest, ChangesAKeyFromTheRevisionThatIsNamed) {
  const auto anna = connect(), berta = connect();
  EXPECT_FALSE(value_of(anna->value("owner.0")));
  const auto first = value_of(anna->put("owner.0", "anna", 0));
  ASSERT_TRUE(first);
  EXPECT_FALSE(value_of(berta->put("owner.0", "berta", 0)));
  EXPECT_EQ(value_of(berta->value("owner.0"))->revision, *first);
  const auto second = value_of(berta->put("owner.0", "berta\nin two lines", *first));
  ASSERT_TRUE(second);
  EXPECT_FALSE(value_of(anna->put("owner.0", "anna again", *first)));
  ASSERT_TRUE(value_of(anna->put("worker.anna", "", std::nullopt)));
  EXPECT_EQ(value_of(connect()->value("owner.0"))->text, "berta\nin two lines");
  EXPECT_THAT(value_of(connect()->keys("worker.")), ElementsAre("worker.anna"));
}

TEST_F(LogGroupTest, TellsAllKeysAgainAndDropsWhatStoodBefore) {
  const auto anna = connect(10), berta = connect(10), sleeper = connect(10), last = connect(10);
  ASSERT_TRUE(value_of(anna->put("settings", "v1\npartitions 1\n", 0)));
  ASSERT_TRUE(value_of(sleeper->value("settings")));
  std::uint64_t revision = *value_of(anna->put("owner.0", "anna", 0));
  for (int round = 0; round < 100; ++round) {
    GroupEngine& one = round % 3 == 0 ? *berta : *anna;
    revision = *value_of(one.put("owner.0", "text " + std::to_string(round), revision));
    keys().add("a stranger's words");
  }
  EXPECT_LT(keys().records.size(), 60U);
  for (GroupEngine* const group : {anna.get(), berta.get(), sleeper.get(), last.get()}) {
    EXPECT_EQ(value_of(group->value("owner.0"))->text, "text 99");
    EXPECT_EQ(value_of(group->value("owner.0"))->revision, revision);
    EXPECT_EQ(value_of(group->value("settings"))->text, "v1\npartitions 1\n");
  }
}

/// What a writer told that slept comes behind what others told since, and what it builds on is
/// gone.
TEST_F(LogGroupTest, BeginsWithNoRecordOfAllKeysThatCameTooLate) {
  const auto anna = connect(5);
  std::uint64_t revision = *value_of(anna->put("owner.0", "begin", 0));
  for (int round = 0; round < 40; ++round)
    revision = *value_of(anna->put("owner.0", "text " + std::to_string(round), revision));
  ASSERT_GT(keys().first(), 10U);
  keys().add(marked({.kind = RecordMark::Kind::keys, .behind = 3, .start = 0, .id = "late-1"},
                    "owner.0 2 0 4\nlate\n"));
  EXPECT_EQ(value_of(connect(5)->value("owner.0"))->revision, revision);
  for (int round = 0; round < 20; ++round)
    revision = *value_of(anna->put("owner.0", "later " + std::to_string(round), revision));
  EXPECT_EQ(value_of(connect(5)->value("owner.0"))->revision, revision);
}

TEST_F(LogGroupTest, TakesAStateForNoKeys) {
  ASSERT_TRUE(value_of(connect()->append(0, 0, "one")));
  const auto fewer = make_log_group(std::make_unique<RecordLogClient>(model_), 0);
  const auto value = fewer->value("settings");
  ASSERT_FALSE(value);
  EXPECT_EQ(value.error().code(), ErrorCode::invalid_configuration);
  EXPECT_THAT(value.error().message(), HasSubstr("was set up with more partitions"));
}

TEST(RecordMarks, AreReadFromAnyBytes) {
  const std::string good = marked(
      {.kind = RecordMark::Kind::key, .behind = 17, .start = 3, .id = "a-1", .key = "owner.3"},
      "text");
  EXPECT_EQ(good, "handshaked-record 1 key behind=17 start=3 id=a-1 key=owner.3\ntext");
  for (std::size_t at = 0; at <= good.find("owner.3"); ++at) {
    std::string record = good;
    record[at] = '\n';
    const auto read = read_marked(record);
    ASSERT_TRUE(read) << record;
    EXPECT_FALSE(read.value()) << record;
  }
  const MarkedRecord keys{.mark = {.kind = RecordMark::Kind::keys, .behind = 4, .id = "a-1"},
                          .bytes = "owner.0 3 0 4\ntext\n"};
  EXPECT_EQ(KeyFold::from(keys, 9).value().values().at("owner.0").text, "text");
  for (std::size_t size = 1; size < keys.bytes.size(); ++size)
    EXPECT_FALSE(KeyFold::from({.mark = keys.mark, .bytes = keys.bytes.substr(0, size)}, 9))
        << size;
}

}  // namespace
}  // namespace handshaked::engine::test
