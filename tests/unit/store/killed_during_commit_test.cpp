// A process that writes is killed at random moments; whatever it said was durable must be there,
// whole.

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <random>
#include <semaphore>

#include "rows.h"
#include "store/database/connection.h"
#include "store/database/store_thread.h"
#include "store/incidents.h"
#include "store/outbox.h"
#include "store/positions.h"
#include "support/temp_dir.h"

namespace handshaked::store::test {
namespace {

using handshaked::test::TempDir;

/// One numbered commit: the position, the incident and the delivery carry the same number.
Commit numbered(std::int64_t number) {
  const std::string text = std::to_string(number);
  IncidentRow row = incident("i" + text);
  row.state_json =
      "{\"padding\":\"" + std::string(static_cast<std::size_t>(number % 3000), 'x') + "\"}";
  return {.positions = {{"error.log", text}},
          .incidents = {row},
          .deliveries = {delivery("e" + text, "i" + text)}};
}

/// The child: commits from `first` on until it is killed, and reports every number that is durable
/// as 8 bytes.
[[noreturn]] void commit_until_killed(const std::filesystem::path& path, std::int64_t first,
                                      int acknowledgements) {
  auto database = Database::open(path);
  if (!database) ::_exit(1);
  std::counting_semaphore<> under_way(16);
  StoreThread store(std::move(database).value());
  for (std::int64_t number = first;; ++number) {
    under_way.acquire();
    store.submit(
        numbered(number),
        [&, number](const Result<>& outcome) {
          if (!outcome || ::write(acknowledgements, &number, sizeof number) != sizeof number)
            ::_exit(1);
          under_way.release();
        },
        number % 3 == 0);
  }
}

/// The last number that the child reported before `enough` were, or it died.
std::int64_t read_acknowledgements(int pipe, std::int64_t last, int enough) {
  std::int64_t number = 0;
  for (int count = 0; count < enough && ::read(pipe, &number, sizeof number) == sizeof number;
       ++count)
    last = number;
  return last;
}

TEST(KilledDuringCommit, EverythingAcknowledgedIsThereAndNothingIsHalf) {
  const TempDir directory;
  const std::filesystem::path path = directory / "handshaked.db";
  std::minstd_rand random(20261121);
  std::int64_t acknowledged = 0;
  std::int64_t next = 1;
  for (int round = 0; round < 10; ++round) {
    int ends[2];
    ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
    const pid_t child = ::fork();
    if (child == 0) commit_until_killed(path, next, ends[1]);
    ::close(ends[1]);
    const std::int64_t before = acknowledged;
    acknowledged =
        read_acknowledgements(ends[0], acknowledged, 1 + static_cast<int>(random() % 60));
    ::kill(child, SIGKILL);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status)) << "the child failed by itself";
    acknowledged = read_acknowledgements(ends[0], acknowledged, 1'000'000);
    ::close(ends[0]);
    ASSERT_GT(acknowledged, before);

    auto opened = Database::open(path);
    ASSERT_OK(opened);
    Database& database = opened.value();
    EXPECT_FALSE(database.replacement());
    Connection& connection = database.connection();
    auto verdict = connection.prepare("PRAGMA integrity_check");
    ASSERT_TRUE(verdict->executeStep());
    EXPECT_EQ(verdict->getColumn(0).getString(), "ok");

    // Everything up to the position, no gap, nothing beyond: the three kinds of rows moved
    // together.
    const std::int64_t position = std::stoll(Positions(database).find("error.log").value().value());
    EXPECT_GE(position, acknowledged);
    EXPECT_EQ(connection.read_integer("SELECT count(*) FROM incidents"), position);
    EXPECT_EQ(connection.read_integer("SELECT count(*) FROM outbox"), position);
    EXPECT_EQ(
        connection.read_integer(
            "SELECT count(*) FROM incidents JOIN outbox ON outbox.incident_id = incidents.id"),
        position);
    next = position + 1;
  }
}

}  // namespace
}  // namespace handshaked::store::test
