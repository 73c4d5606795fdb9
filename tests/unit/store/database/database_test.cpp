#include "store/database/database.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <fstream>

#include "store/database/connection.h"
#include "store/database/damaged_database.h"
#include "store/database/schema.h"
#include "store/fix_outcomes.h"
#include "store/incidents.h"
#include "store/outbox.h"
#include "store/positions.h"
#include "support/temp_dir.h"
#include "unit/store/rows.h"

namespace handshaked::store::test {
namespace {

namespace fs = std::filesystem;
using handshaked::test::TempDir;
using testing::HasSubstr;

Commit one_of_each() {
  return {.positions = {{"/var/log/nginx/error.log", "offset 7"}},
          .incidents = {incident("i1")},
          .deliveries = {delivery("e1", "i1")}};
}

/// Runs `body` in a child process; its exit status.
template <class Body>
int in_child(Body body) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(body());
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

void overwrite(const fs::path& file, std::streamoff offset, const std::string& bytes) {
  std::fstream stream(file, std::ios::in | std::ios::out | std::ios::binary);
  stream.seekp(offset);
  stream << bytes;
  ASSERT_TRUE(stream.good());
}

TEST(Database, KeepsWhatWasAppliedAcrossAReopen) {
  const TempDir directory;
  {
    auto database = Database::open(directory / "handshaked.db");
    ASSERT_OK(database);
    EXPECT_FALSE(database.value().replacement());
    ASSERT_OK(database.value().apply(one_of_each()));
  }
  auto database = Database::open(directory / "handshaked.db");
  ASSERT_OK(database);
  EXPECT_EQ(Positions(database.value()).find("/var/log/nginx/error.log").value(), "offset 7");
  EXPECT_EQ(Incidents(database.value()).load_open().value().size(), 1U);
  EXPECT_EQ(Outbox(database.value()).due("hook", at(1), 10).value().size(), 1U);
}

TEST(Database, TakesUpTheCopyThatWasNotYetInItsPlace) {
  const TempDir directory;
  {
    auto database = Database::open(directory / "handshaked.db");
    ASSERT_OK(database);
    ASSERT_OK(database.value().apply(one_of_each()));
  }
  fs::rename(directory / "handshaked.db", directory / "handshaked.db.new");
  auto database = Database::open(directory / "handshaked.db");
  ASSERT_OK(database);
  EXPECT_FALSE(database.value().replacement());
  EXPECT_EQ(Incidents(database.value()).load_open().value().size(), 1U);
  EXPECT_FALSE(fs::exists(directory / "handshaked.db.new"));
}

TEST(Database, IsReadableByItsOwnerAlone) {
  const TempDir directory;
  auto database = Database::open(directory / "state/handshaked.db");  // the directory is made, too
  ASSERT_OK(database);
  ASSERT_OK(database.value().apply(one_of_each()));
  for (const char* name : {"handshaked.db", "handshaked.db-wal", "handshaked.db.lock"}) {
    struct stat status {};
    ASSERT_EQ(::stat((directory / "state" / name).c_str(), &status), 0) << name;
    EXPECT_EQ(status.st_mode & 0777U, 0600U) << name;
  }
}

TEST(Database, UsesTheSettingsThatDurabilityNeeds) {
  const TempDir directory;
  auto database = Database::open(directory / "handshaked.db");
  ASSERT_OK(database);
  Connection& connection = database.value().connection();
  EXPECT_EQ(connection.read_integer("PRAGMA synchronous"), 2);  // FULL
  EXPECT_EQ(connection.read_integer("PRAGMA auto_vacuum"), 2);  // INCREMENTAL
  EXPECT_EQ(connection.read_integer("PRAGMA mmap_size"), 0);
  ASSERT_OK(database.value().apply(one_of_each()));
  EXPECT_TRUE(fs::exists(directory / "handshaked.db-wal"));
}

TEST(Database, QueuesAnEventOnceForEachReceiverHoweverOftenItIsApplied) {
  Database database = open_in_memory();
  Commit commit = one_of_each();
  commit.deliveries.push_back(delivery("e1", "i1", "syslog"));
  ASSERT_OK(database.apply(commit));
  ASSERT_OK(database.apply(commit));
  EXPECT_EQ(Outbox(database).due("hook", at(1), 10).value().size(), 1U);
  EXPECT_EQ(Outbox(database).due("syslog", at(1), 10).value().size(), 1U);
}

TEST(Database, AppliesAllOfACommitOrNothing) {
  Database database = open_in_memory();
  database.connection().execute(
      "CREATE TRIGGER refuse BEFORE INSERT ON outbox BEGIN SELECT raise(ABORT, 'not now'); END");
  const Result<> applied = database.apply(one_of_each());
  ASSERT_FALSE(applied);
  EXPECT_EQ(applied.error().code(), ErrorCode::database);
  EXPECT_THAT(applied.error().message(), HasSubstr("not now"));
  EXPECT_FALSE(Positions(database).find("/var/log/nginx/error.log").value());
  EXPECT_TRUE(Incidents(database).load_open().value().empty());
  database.connection().execute("DROP TRIGGER refuse");
  ASSERT_OK(database.apply(one_of_each()));
}

TEST(Database, RefusesASecondDaemonAndNamesTheFirst) {
  const TempDir directory;
  auto first = Database::open(directory / "handshaked.db");
  ASSERT_OK(first);
  auto second = Database::open(directory / "handshaked.db");
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code(), ErrorCode::database);
  EXPECT_THAT(second.error().message(),
              HasSubstr("another handshaked (process " + std::to_string(::getpid()) + ")"));
  ASSERT_OK(first.value().apply(one_of_each()));
}

TEST(Database, IsFreeAgainAfterItsOwnerWasKilled) {
  const TempDir directory;
  EXPECT_EQ(in_child([&] {
              auto database = Database::open(directory / "handshaked.db");
              ::raise(SIGKILL);
              return database ? 0 : 1;
            }),
            128 + SIGKILL);
  ASSERT_OK(Database::open(directory / "handshaked.db"));
}

TEST(Database, SaysThatAnotherProgramHoldsALock) {
  const TempDir directory;
  ASSERT_OK(Database::open(directory / "handshaked.db"));
  Connection other;
  ASSERT_OK(other.open(directory / "handshaked.db", std::chrono::milliseconds(0)));
  auto database =
      Database::open(directory / "handshaked.db", {.busy_timeout = std::chrono::milliseconds(1)});
  ASSERT_OK(database);

  other.execute("BEGIN IMMEDIATE");
  const Result<> applied = database.value().apply(one_of_each());
  ASSERT_FALSE(applied);
  EXPECT_EQ(applied.error().code(), ErrorCode::database);
  EXPECT_EQ(applied.error().message(), "cannot commit: database is locked");
  other.execute("COMMIT");
  ASSERT_OK(database.value().apply(one_of_each()));
}

TEST(Database, DoesNotOpenWhileAnotherProgramHoldsItForItself) {
  const TempDir directory;
  ASSERT_OK(Database::open(directory / "handshaked.db"));
  Connection other;
  ASSERT_OK(other.open(directory / "handshaked.db", std::chrono::milliseconds(0)));
  other.execute("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; PRAGMA user_version = 1");
  auto database =
      Database::open(directory / "handshaked.db", {.busy_timeout = std::chrono::milliseconds(1)});
  ASSERT_FALSE(database);
  EXPECT_EQ(database.error().code(), ErrorCode::database);
  EXPECT_THAT(database.error().message(), HasSubstr("database is locked"));
  for (const auto& entry : fs::directory_iterator(directory.path()))
    EXPECT_THAT(entry.path().string(), testing::Not(HasSubstr(".corrupt-")));
}

TEST(Database, ReportsAFullDiskAndGoesOnWhenThereIsSpaceAgain) {
  Database database = open_in_memory();
  database.connection().execute(
      ("PRAGMA max_page_count = " +
       std::to_string(database.connection().read_integer("PRAGMA page_count")))
          .c_str());
  Commit commit = one_of_each();
  commit.incidents[0].state_json.assign(100'000, 'x');
  const Result<> applied = database.apply(commit);
  ASSERT_FALSE(applied);
  EXPECT_EQ(applied.error().code(), ErrorCode::database);
  EXPECT_THAT(applied.error().message(), HasSubstr("full"));
  EXPECT_FALSE(database.is_damaged());
  database.connection().execute("PRAGMA max_page_count = 100000");
  ASSERT_OK(database.apply(commit));
}

TEST(Database, ReportsAWriteThatTheSystemRefusesAndGoesOnAfterwards) {
  const TempDir directory;
  auto opened = Database::open(directory / "handshaked.db");
  ASSERT_OK(opened);
  Database& database = opened.value();
  Commit commit = one_of_each();
  commit.incidents[0].state_json.assign(1'000'000, 'x');

  struct rlimit before {};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  const auto signal_before = ::signal(SIGXFSZ, SIG_IGN);
  struct rlimit tight = before;
  tight.rlim_cur = 300'000;
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &tight), 0);
  const Result<> applied = database.apply(commit);
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
  ::signal(SIGXFSZ, signal_before);

  ASSERT_FALSE(applied);
  EXPECT_EQ(applied.error().code(), ErrorCode::database);
  EXPECT_FALSE(database.is_damaged());
  EXPECT_TRUE(Incidents(database).load_open().value().empty());
  ASSERT_OK(database.apply(commit));
  EXPECT_EQ(Incidents(database).load_open().value().at(0).state_json.size(), 1'000'000U);
}

TEST(Database, StartsANewOneWhenTheHeaderIsOverwritten) {
  const TempDir directory;
  ASSERT_OK(Database::open(directory / "handshaked.db"));
  overwrite(directory / "handshaked.db", 0, "not a database at all");
  auto database = Database::open(directory / "handshaked.db");
  ASSERT_OK(database);
  const auto& replacement = database.value().replacement();
  ASSERT_TRUE(replacement);
  EXPECT_THAT(replacement->moved_to.filename().string(),
              testing::MatchesRegex("handshaked\\.db\\.corrupt-[0-9]+T[0-9]+\\.[0-9]+Z"));
  EXPECT_TRUE(fs::exists(replacement->moved_to));
  EXPECT_THAT(replacement->reason, HasSubstr("file is not a database"));
  EXPECT_EQ(replacement->rows_saved, 0U);
  ASSERT_OK(database.value().apply(one_of_each()));
}

TEST(Database, SavesTheRowsThatCanStillBeReadFromADamagedFile) {
  const TempDir directory;
  constexpr int kRows = 400;
  {
    auto database = Database::open(directory / "handshaked.db");
    ASSERT_OK(database);
    Commit commit = one_of_each();
    for (int i = 0; i < kRows; ++i) {
      commit.deliveries.push_back(
          delivery("event-" + std::to_string(i), "i" + std::to_string(i % 10)));
      commit.deliveries.back().body = "{\"padding\":\"" + filling(1600) + "\"}";
    }
    ASSERT_OK(database.value().apply(commit));
    ASSERT_OK(FixOutcomes(database.value()).count("trust_missing_root", "append-root", true));
  }
  // Three pages in the middle: some leaves of the outbox are gone, what lies on both sides can be
  // read.
  const auto size = static_cast<std::streamoff>(fs::file_size(directory / "handshaked.db"));
  overwrite(directory / "handshaked.db", size / 2 / 4096 * 4096,
            std::string(std::size_t{3} * 4096, '\xa5'));

  auto database = Database::open(directory / "handshaked.db");
  ASSERT_OK(database);
  ASSERT_TRUE(database.value().replacement());
  EXPECT_GT(database.value().replacement()->rows_saved, std::size_t{kRows} * 3 / 4);
  EXPECT_LT(database.value().replacement()->rows_saved, std::size_t{kRows} + 4);
  EXPECT_EQ(Positions(database.value()).find("/var/log/nginx/error.log").value(), "offset 7");
  EXPECT_EQ(Incidents(database.value()).load_open().value().size(), 1U);
  EXPECT_EQ(FixOutcomes(database.value()).load().value().size(), 1U);

  // Every saved delivery can still be reached, in order.
  Outbox outbox(database.value());
  std::size_t delivered = 0;
  while (true) {
    std::vector<DeliveryId> ids;
    for (const OutboxRow& row : value_of(outbox.due("hook", at(1), 100))) ids.push_back(row.id);
    if (ids.empty()) break;
    delivered += ids.size();
    ASSERT_OK(outbox.mark_delivered(ids, at(2)));
  }
  EXPECT_EQ(delivered, database.value().replacement()->rows_saved -
                           3);  // beside a position, an incident, a fix
}

TEST(Database, SavesTheDeliveriesOfADamagedFileOfBeforeBodiesHadATable) {
  const TempDir directory;
  {
    Connection old;
    ASSERT_OK(old.open(directory / "handshaked.db", std::chrono::milliseconds(0)));
    ASSERT_OK(migrate(old, schema_steps().first(3)));
    for (int i = 0; i < 50; ++i) {
      const std::string number = std::to_string(i);
      old.execute(("INSERT INTO outbox (receiver, event_id, event_type, incident_id, status, "
                   "created_at, not_before, body) VALUES ('hook', 'e" +
                   number + "', 't', '', 'ready', 1, 1, '{\"n\":" + number + ",\"padding\":\"" +
                   std::string(1000, 'x') + "\"}')")
                      .c_str());
    }
  }
  const auto size = static_cast<std::streamoff>(fs::file_size(directory / "handshaked.db"));
  overwrite(directory / "handshaked.db", size / 4096 * 3 / 4 * 4096, std::string(4096, '\xa5'));
  auto database = Database::open(directory / "handshaked.db");
  ASSERT_OK(database);
  ASSERT_TRUE(database.value().replacement());
  const auto saved = value_of(Outbox(database.value()).due("hook", at(1), 100));
  EXPECT_GT(saved.size(), 30U);
  EXPECT_LT(saved.size(), 50U);
  EXPECT_EQ(saved.size(), database.value().replacement()->rows_saved);
  for (const OutboxRow& row : saved)
    EXPECT_THAT(row.body, testing::StartsWith("{\"n\":" + row.event_id.substr(1) + ","));
}

TEST(Database, ReplacesAFileThatTurnsOutDamagedWhileItIsUsed) {
  const TempDir directory;
  auto opened = Database::open(directory / "handshaked.db");
  ASSERT_OK(opened);
  Database& database = opened.value();
  Commit commit = one_of_each();
  for (int i = 0; i < 400; ++i) commit.incidents.push_back(incident("many-" + std::to_string(i)));
  ASSERT_OK(database.apply(commit));
  database.connection().read_integer("PRAGMA wal_checkpoint(TRUNCATE)");
  database.connection().execute("PRAGMA shrink_memory");
  const auto size = fs::file_size(directory / "handshaked.db");
  overwrite(directory / "handshaked.db", 4096, std::string(size - 4096, '\xa5'));
  database.connection().close();
  ASSERT_OK(database.connection().open(directory / "handshaked.db", std::chrono::milliseconds(1)));

  ASSERT_FALSE(database.apply(one_of_each()));
  ASSERT_TRUE(database.is_damaged());
  ASSERT_OK(database.replace_damaged());
  EXPECT_FALSE(database.is_damaged());
  ASSERT_TRUE(database.replacement());
  ASSERT_OK(database.apply(one_of_each()));
}

TEST(Database, KeepsOnlyTheNewestDamagedFiles) {
  const TempDir directory;
  for (int i = 0; i < 5; ++i) {
    std::ofstream(directory / "handshaked.db") << "garbage, garbage, garbage";
    ASSERT_OK(Database::open(directory / "handshaked.db"));
  }
  int kept = 0;
  for (const auto& entry : fs::directory_iterator(directory.path()))
    kept += entry.path().string().find(".corrupt-") != std::string::npos;
  EXPECT_EQ(kept, 3);
}

TEST(Database, GivesDamagedFilesOfOneMomentDifferentNamesInOrder) {
  const TempDir directory;
  std::vector<fs::path> names;
  for (int i = 0; i < 3; ++i) {
    std::ofstream(directory / "handshaked.db") << i;
    names.push_back(value_of(move_aside(directory / "handshaked.db", at(0))));
  }
  EXPECT_LT(names[0], names[1]);
  EXPECT_LT(names[1], names[2]);
}

TEST(Database, ExplainsADirectoryThatMayNotBeWritten) {
  const TempDir directory;
  ASSERT_EQ(::chmod(directory.path().c_str(), 0555), 0);
  EXPECT_EQ(in_child([&] {
              if (::geteuid() == 0 && ::setresuid(65534, 65534, 65534) != 0) return 2;
              auto database = Database::open(directory / "handshaked.db");
              return !database && database.error().code() == ErrorCode::permission_denied ? 0 : 1;
            }),
            0);
}

TEST(Database, ExplainsAFileThatMayNotBeWritten) {
  const TempDir directory;
  ASSERT_OK(Database::open(directory / "handshaked.db"));
  ASSERT_EQ(::chmod(directory.path().c_str(), 0777), 0);
  ASSERT_EQ(::chmod((directory / "handshaked.db").c_str(), 0444), 0);
  ASSERT_EQ(::chmod((directory / "handshaked.db.lock").c_str(), 0666), 0);
  EXPECT_EQ(in_child([&] {
              if (::geteuid() == 0 && ::setresuid(65534, 65534, 65534) != 0) return 2;
              auto database = Database::open(directory / "handshaked.db");
              return !database && database.error().code() == ErrorCode::permission_denied ? 0 : 1;
            }),
            0);
}

TEST(Database, ExplainsAPathThatIsADirectory) {
  const TempDir directory;
  fs::create_directory(directory / "handshaked.db");
  auto database = Database::open(directory / "handshaked.db");
  ASSERT_FALSE(database);
  EXPECT_THAT(database.error().message(), HasSubstr("Is a directory"));
}

}  // namespace
}  // namespace handshaked::store::test
