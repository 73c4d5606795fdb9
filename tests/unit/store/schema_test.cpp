#include "store/schema.h"

#include <gmock/gmock.h>

#include <array>

#include "rows.h"
#include "store/connection.h"

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
  EXPECT_EQ(connection_.read_integer("PRAGMA user_version"), static_cast<std::int64_t>(schema_steps().size()));
  EXPECT_EQ(connection_.read_integer("SELECT count(*) FROM outbox"), 0);
}

TEST_F(Schema, GoesOnFromTheVersionThatIsThere) {
  constexpr std::array<MigrationStep, 1> kOld = {"CREATE TABLE kept (x) ; INSERT INTO kept VALUES (1)"};
  constexpr std::array<MigrationStep, 3> kNew = {"this one is not run again", "UPDATE kept SET x = x + 1", "UPDATE kept SET x = x * 10"};
  ASSERT_OK(migrate(connection_, kOld));
  ASSERT_OK(migrate(connection_, kNew));
  EXPECT_EQ(connection_.read_integer("SELECT x FROM kept"), 20);
  ASSERT_OK(migrate(connection_, kNew));  // nothing left to do
  EXPECT_EQ(connection_.read_integer("SELECT x FROM kept"), 20);
}

TEST_F(Schema, LeavesNothingOfAStepThatFails) {
  constexpr std::array<MigrationStep, 2> kBroken = {"CREATE TABLE kept (x)", "CREATE TABLE half (x); INSERT INTO nowhere VALUES (1)"};
  const Result<> migrated = migrate(connection_, kBroken);
  ASSERT_FALSE(migrated);
  EXPECT_THAT(migrated.error().message(), HasSubstr("cannot bring the schema to version 2"));
  EXPECT_EQ(connection_.read_integer("PRAGMA user_version"), 1);
  EXPECT_EQ(connection_.read_integer("SELECT count(*) FROM sqlite_schema WHERE name = 'half'"), 0);
}

TEST_F(Schema, RefusesADatabaseOfANewerProgram) {
  ASSERT_OK(migrate(connection_, schema_steps()));
  connection_.execute("PRAGMA user_version = 99");
  const Result<> migrated = migrate(connection_, schema_steps());
  ASSERT_FALSE(migrated);
  EXPECT_THAT(migrated.error().message(), HasSubstr("newer handshaked: schema version 99"));
}

TEST_F(Schema, RefusesADatabaseOfAnotherProgram) {
  connection_.execute("CREATE TABLE bookmarks (url TEXT)");
  const Result<> migrated = migrate(connection_, schema_steps());
  ASSERT_FALSE(migrated);
  EXPECT_THAT(migrated.error().message(), HasSubstr("another program"));
  EXPECT_EQ(connection_.read_integer("SELECT count(*) FROM sqlite_schema"), 1);
}

}  // namespace
}  // namespace handshaked::store::test
