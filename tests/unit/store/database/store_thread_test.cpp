#include "store/database/store_thread.h"

#include <gmock/gmock.h>
#include <sqlite3.h>

#include <atomic>
#include <fstream>

#include "store/database/connection.h"
#include "store/incidents.h"
#include "store/outbox.h"
#include "store/positions.h"
#include "support/temp_dir.h"
#include "unit/store/rows.h"

namespace handshaked::store::test {
namespace {

using namespace std::chrono_literals;
using handshaked::test::TempDir;
using testing::HasSubstr;

constexpr auto kDeadline = 20s;

/// A flag that one thread sets and another waits for, with a deadline.
class Signal {
 public:
  void set() { promise_.set_value(); }
  bool wait() { return future_.wait_for(kDeadline) == std::future_status::ready; }
  bool is_set() const { return future_.wait_for(0s) == std::future_status::ready; }

 private:
  std::promise<void> promise_;
  std::shared_future<void> future_ = promise_.get_future().share();
};

/// Makes every further write fail as on a full disk, or succeed again.
void set_disk_full(StoreThread& store, bool full) {
  store
      .call([full](Database& database) {
        Connection& connection = database.connection();
        const std::int64_t pages = full ? connection.read_integer("PRAGMA page_count") : 1'000'000;
        connection.execute(("PRAGMA max_page_count = " + std::to_string(pages)).c_str());
      })
      .get();
}

Commit large_commit(const std::string& id) {
  IncidentRow row = incident(id);
  row.state_json.assign(100'000, 'x');
  return {.incidents = {row}};
}

std::size_t open_incidents(StoreThread& store) {
  return store
      .call([](Database& database) { return Incidents(database).load_open().value().size(); })
      .get();
}

TEST(StoreThread, RunsTasksInOrderOnOneThreadOfItsOwn) {
  StoreThread store(open_in_memory());
  std::vector<int> order;
  std::thread::id thread;
  for (int i = 0; i < 1000; ++i) {
    ASSERT_TRUE(store.post([&order, &thread, i](Database&) {
      order.push_back(i);
      thread = std::this_thread::get_id();
    }));
  }
  EXPECT_EQ(store.call([&](Database&) { return order.size(); }).get(), 1000U);
  EXPECT_TRUE(std::is_sorted(order.begin(), order.end()));
  EXPECT_NE(thread, std::this_thread::get_id());
}

TEST(StoreThread, CommitsAnUrgentOneAtOnceTogetherWithWhatWaits) {
  StoreThread store(open_in_memory(), {.commit_interval = 1h});
  Signal urgent_done;
  std::string told;
  store.submit(
      {.positions = {{"a", "1"}}},
      [&](const Result<>& outcome) { told += outcome ? "lazy " : "failed "; }, false);
  store.submit(
      {.incidents = {incident("i")}},
      [&](const Result<>& outcome) {
        told += outcome ? "urgent" : "failed";
        urgent_done.set();
      },
      true);
  ASSERT_TRUE(urgent_done.wait());
  EXPECT_EQ(told, "lazy urgent");
  EXPECT_EQ(
      store.call([](Database& database) { return Positions(database).find("a").value(); }).get(),
      "1");
}

TEST(StoreThread, CommitsALazyOneWithinTheInterval) {
  StoreThread store(open_in_memory(), {.commit_interval = 30ms});
  const auto before = std::chrono::steady_clock::now();
  Signal done;
  store.submit(
      {.positions = {{"a", "1"}}}, [&](const Result<>&) { done.set(); }, false);
  ASSERT_TRUE(done.wait());
  EXPECT_GE(std::chrono::steady_clock::now() - before, 30ms);
}

TEST(StoreThread, GroupsWhatArrivesWhileACommitIsWritten) {
  StoreThread store(open_in_memory(), {.commit_interval = 1h});
  // The store thread is kept busy in a callback while a hundred urgent commits arrive.
  Signal busy;
  Signal go_on;
  store.submit(
      {.positions = {{"a", "0"}}},
      [&](const Result<>&) {
        busy.set();
        go_on.wait();
      },
      true);
  ASSERT_TRUE(busy.wait());
  std::atomic<int> told = 0;
  Signal all_told;
  for (int i = 1; i <= 100; ++i) {
    store.submit(
        {.positions = {{"a", std::to_string(i)}}},
        [&](const Result<>&) {
          if (++told == 100) all_told.set();
        },
        true);
  }
  go_on.set();
  ASSERT_TRUE(all_told.wait());
  const std::int64_t changes =
      store
          .call([](Database& database) {
            return database.connection().read_integer("SELECT total_changes()");
          })
          .get();
  EXPECT_EQ(changes, 2);  // one row for the first, one for the hundred
}

TEST(StoreThread, TellsOfAnEmptyCommitToo) {
  StoreThread store(open_in_memory(), {.commit_interval = 1ms});
  Signal done;
  store.submit(
      {},
      [&](const Result<>& outcome) {
        if (outcome) done.set();
      },
      false);
  EXPECT_TRUE(done.wait());
}

TEST(StoreThread, KeepsCommitsWhileTheDiskIsFullAndSaysSoOnce) {
  std::atomic<int> troubles = 0;
  std::atomic<int> succeeded = 0;
  std::atomic<int> failed = 0;
  Signal trouble;
  Signal recovered;
  StoreThread store(
      open_in_memory(),
      {.commit_interval = 1ms,
       .first_retry = 1ms,
       .longest_retry = 2ms,
       .on_committed = [&](auto, const Result<>& written) { ++(written ? succeeded : failed); },
       .on_trouble =
           [&](const Error& error) {
             EXPECT_THAT(error.message(), HasSubstr("full"));
             if (++troubles == 1) trouble.set();
           },
       .on_recovered = [&] { recovered.set(); }});
  set_disk_full(store, true);
  Signal first_done;
  Signal second_done;
  store.submit(
      large_commit("first"),
      [&](const Result<>& outcome) {
        if (outcome) first_done.set();
      },
      true);
  ASSERT_TRUE(trouble.wait());
  store.submit(
      large_commit("second"),
      [&](const Result<>& outcome) {
        if (outcome) second_done.set();
      },
      true);
  EXPECT_EQ(open_incidents(store), 0U);  // tasks go on meanwhile
  EXPECT_FALSE(first_done.is_set());
  EXPECT_GT(store.waiting_bytes(), 200'000U);
  EXPECT_GE(failed, 1);
  EXPECT_EQ(succeeded, 0);

  set_disk_full(store, false);
  ASSERT_TRUE(recovered.wait());
  ASSERT_TRUE(first_done.wait());
  ASSERT_TRUE(second_done.wait());
  EXPECT_EQ(open_incidents(store), 2U);
  EXPECT_EQ(troubles, 1);
  EXPECT_GE(succeeded, 1);
}

TEST(StoreThread, WaitsForALockOfAnotherProgram) {
  const TempDir directory;
  auto database = Database::open(directory / "handshaked.db", {.busy_timeout = 1ms});
  ASSERT_OK(database);
  Signal trouble;
  StoreThread store(std::move(database).value(),
                    {.first_retry = 1ms, .longest_retry = 5ms, .on_trouble = [&](const Error&) {
                       trouble.set();
                     }});
  Connection other;
  ASSERT_OK(other.open(directory / "handshaked.db", 0ms));
  other.execute("BEGIN IMMEDIATE");
  Signal done;
  store.submit(
      {.positions = {{"a", "1"}}},
      [&](const Result<>& outcome) {
        if (outcome) done.set();
      },
      true);
  ASSERT_TRUE(trouble.wait());
  EXPECT_FALSE(done.is_set());
  other.execute("ROLLBACK");
  EXPECT_TRUE(done.wait());
}

TEST(StoreThread, TakesWhatIsSubmittedWithoutWaitingAndSaysThatThereIsNoRoom) {
  Signal trouble;
  StoreThread store(open_in_memory(), {.max_waiting_bytes = 150'000,
                                       .first_retry = 1ms,
                                       .longest_retry = 1ms,
                                       .on_trouble = [&](const Error&) { trouble.set(); }});
  set_disk_full(store, true);
  store.submit(large_commit("1"), {}, true);
  store.submit(large_commit("2"), {}, true);
  ASSERT_TRUE(trouble.wait());
  EXPECT_FALSE(store.has_room());
  Signal room;
  store.call_when_room([&] { room.set(); });
  Signal third;
  store.submit(
      large_commit("3"),
      [&](const Result<>& outcome) {
        if (outcome) third.set();
      },
      true);
  EXPECT_FALSE(room.is_set());
  EXPECT_FALSE(third.is_set());
  set_disk_full(store, false);
  EXPECT_TRUE(room.wait());
  EXPECT_TRUE(third.wait());
  store.stop();
  Signal at_once;
  store.call_when_room([&] { at_once.set(); });
  EXPECT_TRUE(at_once.is_set());
}

TEST(StoreThread, RefusesTasksInsteadOfWaitingWhenTooManyWait) {
  StoreThread store(open_in_memory(), {.max_waiting_tasks = 2});
  Signal busy;
  Signal go_on;
  ASSERT_TRUE(store.post([&](Database&) {
    busy.set();
    go_on.wait();
  }));
  ASSERT_TRUE(busy.wait());
  std::atomic<int> ran = 0;
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(store.post([&](Database&) { ++ran; }));
  EXPECT_FALSE(store.post([&](Database&) { ++ran; }));
  go_on.set();
  store.stop();
  EXPECT_EQ(ran, 2);
}

TEST(StoreThread, WaitsBrieflyForLocksOnceItIsInAHurry) {
  const TempDir directory;
  auto database = Database::open(directory / "handshaked.db", {.busy_timeout = 1h});
  ASSERT_OK(database);
  StoreThread store(std::move(database).value(), {.stop_grace = 20ms});
  Connection other;
  ASSERT_OK(other.open(directory / "handshaked.db", 0ms));
  other.execute("BEGIN IMMEDIATE");
  auto answer = store.call([](Database& held) { return held.check_writable().has_value(); });
  store.hurry();  // also for what waits already
  ASSERT_EQ(answer.wait_for(kDeadline), std::future_status::ready);
  EXPECT_FALSE(answer.get());
  std::optional<ErrorCode> code;
  store.submit(
      {.positions = {{"a", "1"}}}, [&](const Result<>& outcome) { code = outcome.error().code(); },
      true);
  store.stop();
  EXPECT_EQ(code, ErrorCode::database);
  other.execute("ROLLBACK");
}

/// Who removes the files of a running daemon takes nothing from it.
class RemovedFiles : public testing::TestWithParam<std::vector<std::string>> {};

TEST_P(RemovedFiles, AreThereAgainWithAllThatWasCommitted) {
  const TempDir directory;
  const std::filesystem::path path = directory / "state" / "handshaked.db";
  std::atomic<int> brought_back = 0;
  std::vector<QueuedRow> queued;
  {
    auto database = Database::open(path);
    ASSERT_OK(database);
    StoreThread store(
        std::move(database).value(),
        {.on_queued = [&](const Commit&, const std::vector<QueuedRow>& rows) { queued = rows; },
         .on_brought_back = [&] { ++brought_back; }});
    const auto commit = [&store](const std::string& id, bool with_delivery) {
      std::promise<bool> done;
      Commit written{.positions = {{id, "1"}}, .incidents = {incident(id)}};
      if (with_delivery) written.deliveries = {delivery("event-" + id, id)};
      store.submit(
          std::move(written), [&](const Result<>& outcome) { done.set_value(outcome.has_value()); },
          true);
      return done.get_future().get();
    };
    ASSERT_TRUE(commit("before", false));
    for (const std::string& name : GetParam())
      std::filesystem::rename(directory / name,
                              directory / (name.substr(name.find('/') + 1) + "-gone"));
    ASSERT_TRUE(commit("after", true));
    EXPECT_EQ(queued.size(), 1U);  // it is offered to who sends, as ever
    EXPECT_EQ(brought_back, 1);
    ASSERT_TRUE(commit("later", false));
    for (const std::string& name : GetParam())
      std::filesystem::rename(directory / name,
                              directory / (name.substr(name.find('/') + 1) + "-gone-too"));
    store.stop();  // nothing was written since: what was acknowledged stays
  }
  auto database = Database::open(path);
  ASSERT_OK(database);
  EXPECT_FALSE(database.value().replacement());
  EXPECT_EQ(Incidents(database.value()).load_open().value().size(), 3U);
  EXPECT_EQ(Positions(database.value()).list().value().size(), 3U);
  EXPECT_EQ(Outbox(database.value()).count().value().size(), 1U);
}

INSTANTIATE_TEST_SUITE_P(Ways, RemovedFiles,
                         testing::Values(std::vector<std::string>{"state/handshaked.db"},
                                         std::vector<std::string>{"state/handshaked.db-wal"},
                                         std::vector<std::string>{
                                             "state/handshaked.db", "state/handshaked.db-wal",
                                             "state/handshaked.db-shm", "state/handshaked.db.lock"},
                                         std::vector<std::string>{"state"}));

std::filesystem::path moved_by_sql;

/// Gives every connection that is opened from now on move_away(), which renames moved_by_sql.
int add_move_away(sqlite3* database, const char**, const sqlite3_api_routines*) {
  const auto move_away = [](sqlite3_context*, int, sqlite3_value**) {
    std::filesystem::rename(moved_by_sql, moved_by_sql.string() + "-gone");
  };
  return sqlite3_create_function(database, "move_away", 0, SQLITE_UTF8 | SQLITE_INNOCUOUS, nullptr,
                                 move_away, nullptr, nullptr);
}

TEST(StoreThread, WritesAgainWhatFailedWhileItsFileWasMoved) {
  const TempDir directory;
  moved_by_sql = directory / "handshaked.db";
  const auto extension = reinterpret_cast<void (*)()>(&add_move_away);  // NOLINT: SQLite's own way
  ASSERT_EQ(sqlite3_auto_extension(extension), SQLITE_OK);
  auto database = Database::open(moved_by_sql);
  sqlite3_cancel_auto_extension(extension);
  ASSERT_OK(database);
  // TEMP: it goes with this connection.
  database.value().connection().execute(
      "CREATE TEMP TRIGGER refuse AFTER INSERT ON main.outbox BEGIN SELECT move_away(); SELECT "
      "raise(ABORT, 'not now'); END");
  std::vector<QueuedRow> queued;
  std::promise<bool> done;
  StoreThread store(
      std::move(database).value(),
      {.on_queued = [&](const Commit&, const std::vector<QueuedRow>& rows) { queued = rows; }});
  store.submit(
      {.positions = {{"a", "1"}}, .incidents = {incident("i")}, .deliveries = {delivery("e", "i")}},
      [&](const Result<>& outcome) { done.set_value(outcome.has_value()); }, true);
  ASSERT_TRUE(done.get_future().get());
  store.stop();
  EXPECT_EQ(queued.size(), 1U);
  auto again = Database::open(moved_by_sql);
  ASSERT_OK(again);
  EXPECT_EQ(Positions(again.value()).find("a").value(), "1");
  EXPECT_EQ(Incidents(again.value()).load_open().value().size(), 1U);
  EXPECT_EQ(Outbox(again.value()).count().value().size(), 1U);
}

TEST(StoreThread, WritesEverythingBeforeItStops) {
  const TempDir directory;
  std::atomic<int> told = 0;
  std::atomic<int> ran = 0;
  {
    auto database = Database::open(directory / "handshaked.db");
    ASSERT_OK(database);
    StoreThread store(std::move(database).value(), {.commit_interval = 1h});
    for (int i = 0; i < 50; ++i)
      store.submit(
          {.incidents = {incident(std::to_string(i))}},
          [&](const Result<>& outcome) { told += outcome ? 1 : 0; }, false);
    for (int i = 0; i < 50; ++i) ASSERT_TRUE(store.post([&](Database&) { ++ran; }));
    store.stop();
    EXPECT_EQ(told, 50);
    EXPECT_EQ(ran, 50);
    EXPECT_FALSE(std::filesystem::exists(directory / "handshaked.db-wal"));  // closed
  }
  auto database = Database::open(directory / "handshaked.db");
  ASSERT_OK(database);
  EXPECT_EQ(Incidents(database.value()).load_open().value().size(), 50U);
}

TEST(StoreThread, RefusesWorkAfterItStopped) {
  StoreThread store(open_in_memory());
  store.stop();
  store.stop();
  EXPECT_FALSE(store.post([](Database&) { FAIL(); }));
  EXPECT_THROW(store.call([](Database&) { return 1; }).get(), std::future_error);
  std::optional<ErrorCode> code;
  store.submit(
      {.positions = {{"a", "1"}}}, [&](const Result<>& outcome) { code = outcome.error().code(); },
      true);
  EXPECT_EQ(code, ErrorCode::cancelled);
}

TEST(StoreThread, GivesUpWhenTheDatabaseStillFailsAtTheEnd) {
  Signal trouble;
  StoreThread store(open_in_memory(), {.longest_retry = 1h,
                                       .stop_grace = 20ms,
                                       .on_trouble = [&](const Error&) { trouble.set(); }});
  set_disk_full(store, true);
  std::vector<ErrorCode> told;
  for (const char* id : {"a", "b"})
    store.submit(
        large_commit(id), [&](const Result<>& outcome) { told.push_back(outcome.error().code()); },
        true);
  ASSERT_TRUE(trouble.wait());
  store.stop();
  EXPECT_EQ(told, (std::vector{ErrorCode::database, ErrorCode::database}));
}

TEST(StoreThread, ReplacesADamagedDatabaseAndGoesOn) {
  const TempDir directory;
  auto database = Database::open(directory / "handshaked.db");
  ASSERT_OK(database);
  Signal replaced;
  std::atomic<int> troubles = 0;
  StoreThread store(std::move(database).value(),
                    {.on_trouble = [&](const Error&) { ++troubles; },
                     .on_replaced =
                         [&](const Replacement& replacement) {
                           EXPECT_TRUE(std::filesystem::exists(replacement.moved_to));
                           replaced.set();
                         }});
  store
      .call([](Database& owned) {
        owned.connection().set_damage("database disk image is malformed");
      })
      .get();
  Signal done;
  store.submit(
      {.positions = {{"a", "1"}}},
      [&](const Result<>& outcome) {
        if (outcome) done.set();
      },
      true);
  ASSERT_TRUE(replaced.wait());
  ASSERT_TRUE(done.wait());
  EXPECT_EQ(troubles, 0);
}

TEST(StoreThread, LosesNothingOfManyThreads) {
  StoreThread store(open_in_memory(),
                    {.commit_interval = 1ms, .max_waiting_bytes = 20'000, .max_waiting_tasks = 4});
  std::atomic<int> told = 0;
  std::atomic<int> ran = 0;
  std::atomic<int> refused = 0;
  {
    std::vector<std::jthread> threads;
    for (int thread = 0; thread < 4; ++thread) {
      threads.emplace_back([&, thread] {
        for (int i = 0; i < 500; ++i) {
          const std::string name = std::to_string(thread) + "-" + std::to_string(i);
          store.submit(
              {.deliveries = {delivery(name, "")}},
              [&](const Result<>& outcome) { told += outcome ? 1 : 0; }, i % 7 == 0);
          if (i % 5 == 0 && !store.post([&](Database&) { ++ran; })) ++refused;
        }
      });
    }
  }
  Signal all_told;
  store.submit(
      {}, [&](const Result<>&) { all_told.set(); }, true);
  ASSERT_TRUE(all_told.wait());
  EXPECT_EQ(told, 2000);
  while (ran + refused < 400) std::this_thread::yield();
  EXPECT_EQ(store
                .call([](Database& database) {
                  return database.connection().read_integer("SELECT count(*) FROM outbox");
                })
                .get(),
            2000);
  store.stop();
  EXPECT_EQ(ran + refused, 400);
}

}  // namespace
}  // namespace handshaked::store::test
