#include "store/database/schema.h"

#include <gmock/gmock.h>

#include <array>

#include "store/database/connection.h"
#include "unit/store/rows.h"

namespace handshaked::store::test {
namespace {

using testing::HasSubstr;

class Schema : public testing::Test {
 protected:
  void SetUp() override { ASSERT_OK(connection_.open(":memory:", std::chrono::milliseconds(0))); }

  Connection connection_;
};

TEST_F(Schema, IsBuiltFromAnEmptyDatabase) {
  ASSERT_OK(migrate(connection_, schema_steps()));
  EXPECT_EQ(connection_.read_integer("PRAGMA user_version"),
            static_cast<std::int64_t>(schema_steps().size()));
  EXPECT_EQ(connection_.read_integer("SELECT count(*) FROM outbox"), 0);
}

TEST_F(Schema, GoesOnFromTheVersionThatIsThere) {
  constexpr std::array<MigrationStep, 1> kOld = {
      "CREATE TABLE kept (x) ; INSERT INTO kept VALUES (1)"};
  constexpr std::array<MigrationStep, 3> kNew = {
      "this one is not run again", "UPDATE kept SET x = x + 1", "UPDATE kept SET x = x * 10"};
  ASSERT_OK(migrate(connection_, kOld));
  ASSERT_OK(migrate(connection_, kNew));
  EXPECT_EQ(connection_.read_integer("SELECT x FROM kept"), 20);
  ASSERT_OK(migrate(connection_, kNew));  // nothing left to do
  EXPECT_EQ(connection_.read_integer("SELECT x FROM kept"), 20);
}

TEST_F(Schema, LeavesNothingOfAStepThatFails) {
  constexpr std::array<MigrationStep, 2> kBroken = {
      "CREATE TABLE kept (x)", "CREATE TABLE half (x); INSERT INTO nowhere VALUES (1)"};
  const Result<> migrated = migrate(connection_, kBroken);
  ASSERT_FALSE(migrated);
  EXPECT_THAT(migrated.error().message(), HasSubstr("cannot bring the schema to version 2"));
  EXPECT_EQ(connection_.read_integer("PRAGMA user_version"), 1);
  EXPECT_EQ(connection_.read_integer("SELECT count(*) FROM sqlite_schema WHERE name = 'half'"), 0);
}

TEST_F(Schema, MovesTheBodiesOfWhatIsQueuedIntoATableOfTheirOwn) {
  ASSERT_OK(migrate(connection_, schema_steps().first(3)));
  connection_.execute(R"sql(
INSERT INTO outbox (delivery_id, receiver, event_id, event_type, incident_id, status, created_at, not_before, body, attempts, last_error)
VALUES (1, 'a', 'e1', 't', 'i', 'delivered', 5, 6, '{"n":1}', 0, ''), (2, 'b', 'e1', 't', 'i', 'ready', 5, 6, '{"n":1}', 3, 'refused'),
       (3, 'c', 'e1', 't', 'i', 'ready', 5, 6, '{"n":"eins"}', 0, ''), (4, 'b', 'e2', 't', 'i', 'behind', 7, 8, '{"n":1}', 0, ''),
       (9, 'b', 'gone', 't', '', 'ready', 7, 8, '{}', 0, '');
DELETE FROM outbox WHERE delivery_id = 9;
)sql");
  ASSERT_OK(migrate(connection_, schema_steps()));
  // Every delivery as it was; the two of one event with the same body share it, another event's
  // equal body is its own.
  EXPECT_EQ(
      connection_.read_integer("SELECT count(*) FROM outbox JOIN event_bodies USING (body_id)"), 4);
  EXPECT_EQ(connection_.read_integer("SELECT count(*) FROM event_bodies"), 3);
  EXPECT_EQ(connection_.read_integer("SELECT body_id FROM outbox WHERE delivery_id = 2"), 1);
  EXPECT_EQ(
      connection_.read_integer(
          "SELECT count(*) FROM outbox JOIN event_bodies USING (body_id) WHERE delivery_id = 3 "
          "AND body = '{\"n\":\"eins\"}'"),
      1);
  EXPECT_EQ(
      connection_.read_integer(
          "SELECT count(*) FROM outbox WHERE delivery_id = 2 AND receiver = 'b' AND status = "
          "'ready' "
          "AND created_at = 5 AND not_before = 6 AND attempts = 3 AND last_error = 'refused'"),
      1);
  EXPECT_EQ(connection_.read_integer(
                "SELECT count(*) FROM outbox WHERE delivery_id = 4 AND status = 'behind'"),
            1);
  // No number is given twice, also not that of a row that is gone.
  connection_.execute(
      "INSERT INTO outbox (receiver, event_id, event_type, incident_id, status, created_at, "
      "not_before, body_id) "
      "VALUES ('b', 'e3', 't', '', 'ready', 1, 1, 1)");
  EXPECT_EQ(connection_.read_integer("SELECT max(delivery_id) FROM outbox"), 10);
}

TEST_F(Schema, ForgetsABodyWithTheLastDeliveryThatHasIt) {
  ASSERT_OK(migrate(connection_, schema_steps()));
  connection_.execute(R"sql(
INSERT INTO event_bodies VALUES (1, '{}'), (2, '{}');
INSERT INTO outbox (receiver, event_id, event_type, incident_id, status, created_at, not_before, body_id)
VALUES ('a', 'e', 't', '', 'delivered', 1, 1, 1), ('b', 'e', 't', '', 'ready', 1, 1, 1), ('c', 'e', 't', '', 'ready', 1, 1, 2);
DELETE FROM outbox WHERE receiver = 'a';
)sql");
  EXPECT_EQ(connection_.read_integer("SELECT count(*) FROM event_bodies"), 2);
  connection_.execute("DELETE FROM outbox WHERE receiver = 'b'");
  EXPECT_EQ(connection_.read_integer("SELECT count(*) FROM event_bodies"), 1);
  EXPECT_EQ(connection_.read_integer("SELECT body_id FROM event_bodies"), 2);
}

TEST_F(Schema, RefusesADatabaseOfANewerProgram) {
  ASSERT_OK(migrate(connection_, schema_steps()));
  connection_.execute("PRAGMA user_version = 99");
  const Result<> migrated = migrate(connection_, schema_steps());
  ASSERT_FALSE(migrated);
  EXPECT_EQ(migrated.error().code(), ErrorCode::invalid_input);
  EXPECT_THAT(migrated.error().message(), HasSubstr("newer handshaked: schema version 99"));
}

TEST_F(Schema, RefusesADatabaseOfAnotherProgram) {
  connection_.execute("CREATE TABLE bookmarks (url TEXT)");
  const Result<> migrated = migrate(connection_, schema_steps());
  ASSERT_FALSE(migrated);
  EXPECT_EQ(migrated.error().code(), ErrorCode::invalid_input);
  EXPECT_THAT(migrated.error().message(), HasSubstr("another program"));
  EXPECT_EQ(connection_.read_integer("SELECT count(*) FROM sqlite_schema"), 1);
}

}  // namespace
}  // namespace handshaked::store::test
