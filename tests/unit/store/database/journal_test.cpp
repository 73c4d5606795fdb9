#include "store/journal.h"

#include <SQLiteCpp/SQLiteCpp.h>
#include <gmock/gmock.h>

#include <random>

#include "store/database/replica.h"
#include "store/database/retention.h"
#include "store/outbox.h"
#include "store/rates.h"
#include "support/temp_dir.h"
#include "unit/store/rows.h"

namespace handshaked::store::test {
namespace {

using handshaked::test::TempDir;

/// Keeps what it is given; or says that it cannot, and has kept it all the same.
class KeptChanges : public Journal {
 public:
  Result<> append(const std::string& changes) override {
    const bool is_kept = !fails || keeps_all_the_same;
    if (is_kept) kept.push_back(changes);
    if (!fails) return success();
    unsettled = keeps_all_the_same ? std::optional(changes) : std::nullopt;
    return fail(ErrorCode::timeout, "no answer");
  }
  Result<std::optional<std::string>> settle() override {
    if (is_away) return fail(ErrorCode::network, "nobody there");
    return std::exchange(unsettled, std::nullopt);
  }
  std::optional<std::filesystem::path> wants_copy() override {
    return std::exchange(copy_into, std::nullopt);
  }
  Result<> keep_copy(const std::filesystem::path& copy) override {
    copies += std::filesystem::file_size(copy) > 0 ? 1U : 0U;
    std::filesystem::copy_file(copy, kept_copy, std::filesystem::copy_options::overwrite_existing);
    kept.clear();
    return success();
  }
  void give_up(const Error& why) override { given_up = why.message(); }

  bool fails = false, keeps_all_the_same = false, is_away = false;
  std::optional<std::string> unsettled;
  std::optional<std::filesystem::path> copy_into;
  std::filesystem::path kept_copy;
  unsigned copies = 0;
  std::vector<std::string> kept;
  std::string given_up;
};

/// Every row of every table, in order.
std::string contents(const std::filesystem::path& file) {
  SQLite::Database database(file.string(), SQLite::OPEN_READONLY);
  std::string text;
  SQLite::Statement tables(database,
                           "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name");
  while (tables.executeStep()) {
    const std::string name = tables.getColumn(0).getString();
    SQLite::Statement columns(
        database,
        "SELECT group_concat('quote(\"' || name || '\")', '||'',''||') FROM pragma_table_info('" +
            name + "')");
    columns.executeStep();
    SQLite::Statement rows(
        database, "SELECT " + columns.getColumn(0).getString() + " FROM " + name + " ORDER BY 1");
    while (rows.executeStep()) text += name + " " + rows.getColumn(0).getString() + "\n";
  }
  return text;
}

class JournalledDatabase : public testing::Test {
 protected:
  void SetUp() override {
    journal_.kept_copy = directory_.path() / "kept";
    journal_.copy_into = directory_.path() / "copy";
    ASSERT_OK(database_->use_journal(journal_));
    ASSERT_EQ(journal_.copies, 1U);
  }

  /// The database as another worker makes it from what was kept.
  std::string taken_over() {
    Replica replica(directory_.path() / "other");
    std::filesystem::copy_file(journal_.kept_copy, directory_.path() / "taken",
                               std::filesystem::copy_options::overwrite_existing);
    EXPECT_TRUE(replica.restart_from(directory_.path() / "taken"));
    for (const std::string& changes : journal_.kept) {
      const auto applied = replica.apply(changes);
      EXPECT_TRUE(applied) << applied.error().message();
    }
    replica.close();
    return contents(replica.file());
  }

  TempDir directory_;
  std::filesystem::path file_ = directory_.path() / "handshaked.db";
  std::optional<Database> database_ = value_of(Database::open(file_));
  KeptChanges journal_;
};

Commit some_commit(std::mt19937& random, int number) {
  const auto below = [&random](int limit) {
    return std::uniform_int_distribution<int>(0, limit - 1)(random);
  };
  Commit commit;
  commit.positions.push_back({.source = "nats:lines", .cursor = "v1 " + std::to_string(number)});
  for (int i = 0; i < 1 + below(3); ++i) {
    const std::string id = "inc-" + std::to_string(below(8));
    const bool is_over = below(3) == 0;
    commit.incidents.push_back(
        incident(id, is_over ? IncidentStatus::resolved : IncidentStatus::open, at(number)));
    NewDelivery queued =
        delivery(id + "." + std::to_string(below(40)), id, below(2) == 0 ? "hook" : "chat");
    queued.body = "{\"text\":\"" + filling(static_cast<std::size_t>(below(3000))) + "\"}";
    commit.deliveries.push_back(std::move(queued));
    commit.told.push_back(
        {.receiver = "hook",
         .incident_id = id,
         .state_json = below(3) == 0 ? "" : "{\"at\":" + std::to_string(number) + "}"});
    if (below(4) == 0) commit.diagnoses.push_back({.incident_id = id, .note_json = "{}"});
  }
  return commit;
}

TEST_F(JournalledDatabase, IsTheSameForWhoeverTakesItOver) {
  std::mt19937 random(1);
  for (int number = 0; number < 200; ++number) {
    ASSERT_OK(database_->apply(some_commit(random, number)));
    if (number % 7 == 0) {
      Outbox outbox(*database_);
      for (const auto& due : value_of(outbox.due("hook", at(1000), 2)))
        ASSERT_OK(outbox.mark_delivered({due.id}, at(number)));
      ASSERT_OK(
          Rates(*database_).record({{.incident_id = "inc-1", .minute = 60 * number, .count = 3}}));
    }
    if (number % 40 == 39) {  // triggers delete more than is asked for
      ASSERT_TRUE(run_retention_slice(*database_, {.max_age = std::chrono::hours(0)},
                                      at(100'000 + number)));
    }
    if (number == 120) journal_.copy_into = directory_.path() / "copy";
  }
  EXPECT_EQ(journal_.copies, 2U);
  const std::string here = contents(file_);
  EXPECT_THAT(here, testing::HasSubstr("incidents "));
  EXPECT_EQ(taken_over(), here);
}

TEST_F(JournalledDatabase, WritesNothingThatWasNotKept) {
  std::mt19937 random(2);
  ASSERT_OK(database_->apply(some_commit(random, 1)));
  const std::string before = contents(file_);
  journal_.fails = true;
  const auto refused = database_->apply(some_commit(random, 2));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message(), "cannot commit: no answer");
  EXPECT_EQ(contents(file_), before);
  journal_.fails = false;
  ASSERT_OK(database_->apply(some_commit(random, 3)));
  EXPECT_EQ(taken_over(), contents(file_));
}

TEST_F(JournalledDatabase, MakesUpForWhatWasKeptWithoutAWord) {
  std::mt19937 random(3);
  const Commit commit = some_commit(random, 1);
  journal_.fails = journal_.keeps_all_the_same = true;
  ASSERT_FALSE(database_->apply(commit));
  journal_.fails = false;
  journal_.is_away = true;
  ASSERT_FALSE(database_->apply(commit));  // what has become of it must be known first
  journal_.is_away = false;
  std::vector<QueuedRow> queued;
  ASSERT_OK(database_->apply(commit, &queued));
  EXPECT_TRUE(queued.empty());  // they were queued by the first
  EXPECT_EQ(taken_over(), contents(file_));
  EXPECT_EQ(journal_.given_up, "");
}

TEST_F(JournalledDatabase, IsGivenUpWhereItDoesNotFitWhatWasKept) {
  std::mt19937 random(4);
  ASSERT_OK(database_->apply(some_commit(random, 1)));
  journal_.unsettled = journal_.kept.front();  // it inserts what is there already
  ASSERT_FALSE(database_->apply(some_commit(random, 2)));
  EXPECT_THAT(journal_.given_up, testing::HasSubstr("the changes do not fit the database"));
}

}  // namespace
}  // namespace handshaked::store::test
