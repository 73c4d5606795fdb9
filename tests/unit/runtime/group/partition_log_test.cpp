#include "runtime/group/partition_log.h"

#include <gmock/gmock.h>

#include "runtime/group/group_view.h"
#include "runtime/group/partition_lease.h"
#include "store/database/schema.h"
#include "store/positions.h"
#include "support/temp_dir.h"
#include "unit/runtime/group/group_engine_model.h"
#include "unit/store/rows.h"

namespace handshaked::runtime::test {
namespace {

using handshaked::test::TempDir;
using store::test::value_of;
using testing::HasSubstr;

class PartitionLogTest : public testing::Test {
 protected:
  PartitionLog::Options options(const std::string& token) {
    return {.partition = 0,
            .worker = "anna",
            .token = token,
            .copy_file = directory_ / "copy",
            .lost = [this](const Error& why) { lost_ = why.message(); }};
  }

  /// Everything that the log holds, as the next owner has it.
  Result<std::string> position_after_taking_over(const std::string& token) {
    PartitionLog log(engine_, options(token));
    store::Replica replica(directory_ / "taken.db");
    TRY(log.take_over(replica));
    replica.close();
    foreign_ = log.foreign();
    TRY(store::Database database, store::Database::open(directory_ / "taken.db"));
    TRY(const auto rows, store::Positions(database).list());
    return rows.empty() ? std::string() : rows.front().cursor;
  }

  /// A worker that has written one position.
  void write(PartitionLog& log, const std::string& cursor) {
    store::Replica replica(directory_ / "first.db");
    ASSERT_OK(log.take_over(replica));
    replica.close();
    store::Database database = value_of(store::Database::open(directory_ / "first.db"));
    ASSERT_OK(database.use_journal(log));
    ASSERT_OK(database.apply({.positions = {{.source = "lines", .cursor = cursor}}}));
  }

  std::vector<engine::GroupEngine::Entry>& entries() { return engine_.logs[0]; }

  TempDir directory_;
  GroupEngineModel engine_;
  std::string lost_;
  std::uint64_t foreign_ = 0;
};

TEST_F(PartitionLogTest, GivesTheNextOwnerWhatWasWritten) {
  PartitionLog log(engine_, options("one"));
  write(log, "17");
  EXPECT_EQ(value_of(position_after_taking_over("two")), "17");
}

TEST_F(PartitionLogTest, RefusesTheOwnerOfBefore) {
  PartitionLog log(engine_, options("one"));
  write(log, "17");
  ASSERT_EQ(value_of(position_after_taking_over("two")), "17");
  EXPECT_FALSE(log.append("too late"));
  EXPECT_EQ(lost_, "another worker has taken partition 0 over");
  EXPECT_EQ(value_of(position_after_taking_over("three")), "17");
}

TEST_F(PartitionLogTest, PassesOverWhatNobodyOfUsHasWritten) {
  PartitionLog log(engine_, options("one"));
  write(log, "17");
  const std::uint64_t last = entries().back().sequence;
  ASSERT_TRUE(value_of(engine_.append(0, last, "a stranger's words")));
  EXPECT_EQ(value_of(position_after_taking_over("two")), "17");
  EXPECT_EQ(foreign_, 1U);
}

TEST_F(PartitionLogTest, LeavesTheStateOfANewerProgramAlone) {
  PartitionLog log(engine_, options("one"));
  write(log, "17");
  const std::string schema = "schema=" + std::to_string(store::schema_version());
  for (const auto& [from, to] :
       {std::pair<std::string, std::string>(" 1 changes", " 9 changes"), {schema, "schema=99"}}) {
    std::string& payload = entries().back().payload;
    const std::string before = payload;
    payload.replace(payload.find(from), from.size(), to);
    const std::size_t count = entries().size();
    const auto taken = position_after_taking_over("two");
    ASSERT_FALSE(taken);
    EXPECT_EQ(taken.error().code(), ErrorCode::invalid_input);
    EXPECT_THAT(taken.error().message(), HasSubstr("newer handshaked"));
    EXPECT_EQ(entries().size(), count) << "its owner was fenced";
    entries().back().payload = before;
  }
  EXPECT_EQ(value_of(position_after_taking_over("two")), "17");
}

/// A worker that has written something, and whose log others change behind its back.
class PartitionLogDisturbedTest : public PartitionLogTest {
 protected:
  void SetUp() override {
    store::Replica replica(directory_ / "first.db");
    ASSERT_OK(log_.take_over(replica));
    replica.close();
    database_.emplace(value_of(store::Database::open(directory_ / "first.db")));
    ASSERT_OK(database_->use_journal(log_));
    ASSERT_OK(commit("nginx", "17"));
  }
  Result<> commit(const std::string& source, const std::string& cursor) {
    return database_->apply({.positions = {{.source = source, .cursor = cursor}}});
  }
  /// Until it goes through, as the store does it.
  void commit_at_last(const std::string& source, const std::string& cursor) {
    for (int i = 0; i < 3 && !commit(source, cursor); ++i) continue;
    EXPECT_EQ(lost_, "");
    ASSERT_OK(commit(source, cursor));
  }

  PartitionLog log_{engine_, options("one")};
  std::optional<store::Database> database_;
};

TEST_F(PartitionLogDisturbedTest, GoesOnBehindWhatAStrangerHasWritten) {
  ASSERT_TRUE(value_of(engine_.append(0, entries().back().sequence, "a stranger's words")));
  ASSERT_TRUE(value_of(engine_.append(0, entries().back().sequence, "and more")));
  ASSERT_OK(commit("nginx", "18"));
  EXPECT_EQ(log_.foreign(), 2U);
  EXPECT_EQ(value_of(position_after_taking_over("two")), "18");
  EXPECT_EQ(foreign_, 2U);
}

TEST_F(PartitionLogDisturbedTest, StopsBehindAStrangerAndAWorker) {
  ASSERT_TRUE(value_of(engine_.append(0, entries().back().sequence, "a stranger's words")));
  PartitionLog next(engine_, options("two"));
  store::Replica replica(directory_ / "next.db");
  ASSERT_OK(next.take_over(replica));
  ASSERT_TRUE(value_of(engine_.append(0, entries().back().sequence, "and more")));
  EXPECT_FALSE(commit("nginx", "18"));
  EXPECT_EQ(lost_, "another worker has taken partition 0 over");
}

TEST_F(PartitionLogDisturbedTest, WritesItsStateAnew) {
  entries().clear();
  EXPECT_FALSE(commit("other", "1"));  // told to come again, behind a copy
  commit_at_last("other", "1");
  EXPECT_EQ(value_of(position_after_taking_over("two")), "17");
}

TEST_F(PartitionLogDisturbedTest, WritesItsStateAnewAfterARequestWithoutAnAnswer) {
  engine_.happening = [] { return GroupEngineModel::Fate::lost; };
  EXPECT_FALSE(commit("other", "1"));
  entries().clear();
  engine_.happening = [] { return GroupEngineModel::Fate::answered; };
  commit_at_last("other", "1");
  EXPECT_EQ(value_of(position_after_taking_over("two")), "17");
}

TEST_F(PartitionLogDisturbedTest, PutsNothingBeforeTheCopy) {
  entries().clear();
  EXPECT_FALSE(commit("other", "1"));
  engine_.happening = [] { return GroupEngineModel::Fate::lost; };  // the copy does not get there
  EXPECT_FALSE(commit("other", "1"));
  engine_.happening = [] { return GroupEngineModel::Fate::answered; };
  commit_at_last("other", "1");
  EXPECT_EQ(value_of(position_after_taking_over("two")), "17");
}

TEST_F(PartitionLogDisturbedTest, KnowsItsNewBeginningThatHadNoAnswer) {
  entries().clear();
  int requests = 0;  // the fourth one is the new beginning
  engine_.happening = [&requests] {
    return ++requests == 4 ? GroupEngineModel::Fate::unanswered : GroupEngineModel::Fate::answered;
  };
  EXPECT_FALSE(commit("other", "1"));
  ASSERT_EQ(entries().size(), 1U);
  commit_at_last("other", "1");
  EXPECT_EQ(value_of(position_after_taking_over("two")), "17");
}

TEST_F(PartitionLogDisturbedTest, LeavesItToAnotherWorkerThatWasFaster) {
  entries().clear();
  PartitionLog faster(engine_, options("two"));
  store::Replica replica(directory_ / "faster.db");
  ASSERT_OK(faster.take_over(replica));
  EXPECT_TRUE(faster.is_new());
  EXPECT_FALSE(commit("other", "1"));
  EXPECT_EQ(lost_, "another worker has taken partition 0 over");
}

TEST_F(PartitionLogTest, DoesNotBeginInTheMiddle) {
  PartitionLog log(engine_, options("one"));
  write(log, "17");
  std::erase_if(entries(), [](const auto& entry) {
    return entry.payload.find(" copy ") != std::string::npos;
  });
  const auto taken = position_after_taking_over("two");
  ASSERT_FALSE(taken);
  EXPECT_THAT(taken.error().message(), HasSubstr("a part of the state is missing"));
}

TEST_F(PartitionLogTest, MissesAnEntryInTheMiddle) {
  PartitionLog log(engine_, options("one"));
  write(log, "17");
  const std::size_t before = entries().size();
  PartitionLog next(engine_, options("two"));
  write(next, "18");
  ASSERT_GT(entries().size(), before);
  const auto gone = entries()[before - 1];
  entries().erase(entries().begin() + static_cast<std::ptrdiff_t>(before) - 1);
  const auto taken = position_after_taking_over("three");
  ASSERT_FALSE(taken);
  EXPECT_THAT(taken.error().message(), HasSubstr("a part of the state is missing"));
  entries().insert(entries().begin() + static_cast<std::ptrdiff_t>(before) - 1,
                   gone);  // another server has it
  EXPECT_EQ(value_of(position_after_taking_over("four")), "18");
}

TEST_F(PartitionLogTest, CountsOnlyRecordsOfWhichEveryPartIsThere) {
  PartitionLog::Options small = options("one");
  small.part_bytes = 20;
  PartitionLog log(engine_, small);
  write(log, "17");
  const std::size_t whole = entries().size();
  ASSERT_FALSE(engine_.logs.empty());
  ASSERT_TRUE(entries().back().payload.find("part=1/1") == std::string::npos)
      << "it fits into one part";
  while (entries().size() > whole - 1) entries().pop_back();
  EXPECT_EQ(value_of(position_after_taking_over("two")), "");
}

TEST(PartitionLeases, GoToWhoeverSeesThemUnchangedForTheirLength) {
  GroupEngineModel engine;
  const auto at = [](int milliseconds) {
    return PartitionLease::Clock::time_point(std::chrono::milliseconds(milliseconds));
  };
  const auto options = [](const std::string& name) {
    return PartitionLease::Options{
        .partitions = 2, .worker = name, .token = name, .length = std::chrono::milliseconds(100)};
  };
  PartitionLease anna(engine, options("anna")), berta(engine, options("berta")),
      clara(engine, options("clara"));
  const auto first = value_of(anna.try_take(at(0), {})),
             second = value_of(berta.try_take(at(0), {}));
  ASSERT_TRUE(first && second);
  EXPECT_NE(*first, *second);
  EXPECT_FALSE(value_of(clara.try_take(
      at(5000), {})));  // however late it is for her: she sees them for the first time
  EXPECT_TRUE(value_of(anna.renew()));
  EXPECT_FALSE(value_of(clara.try_take(at(5090), {})));
  EXPECT_EQ(value_of(clara.try_take(at(5110), {})), second);
  EXPECT_FALSE(value_of(berta.renew()));
  ASSERT_OK(anna.release());
  EXPECT_EQ(value_of(berta.try_take(at(1), {})), first);
}

TEST(GroupSettings, AreTheSameForAllWorkers) {
  GroupEngineModel engine;
  config::Config config;
  config.group = {.name = "proxies", .partitions = 4, .worker = "anna"};
  config.nats.emplace_back();
  config.nats.front().stream = "NGINX";
  config.nats.front().subject = "nginx.lines.{partition}.>";
  const auto unknown = check_group_settings(engine, config);
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().message(),
            "the group \"proxies\" was not set up: call handshaked group setup once");
  ASSERT_TRUE(value_of(engine.put(kGroupSettings, group_settings(config), 0)));
  ASSERT_OK(check_group_settings(engine, config));
  config.group.worker = "berta";
  ASSERT_OK(check_group_settings(engine, config));
  config.group.partitions = 8;
  const auto other = check_group_settings(engine, config);
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().code(), ErrorCode::invalid_configuration);
  EXPECT_THAT(other.error().message(),
              HasSubstr("\"partitions 4\" there and \"partitions 8\" here"));
}

}  // namespace
}  // namespace handshaked::runtime::test
