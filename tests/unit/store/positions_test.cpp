#include "store/positions.h"

#include "rows.h"

namespace handshaked::store::test {
namespace {

TEST(Positions, AreNothingForASourceThatWasNeverRead) {
  Database database = open_in_memory();
  const auto cursor = Positions(database).find("error.log");
  ASSERT_OK(cursor);
  EXPECT_FALSE(cursor.value().has_value());
}

TEST(Positions, KeepTheNewestCursorByteForByte) {
  Database database = open_in_memory();
  Positions positions(database);
  const std::string bytes("\0\xff\n'\x80", 5);
  ASSERT_OK(positions.save({"error.log", "first"}));
  ASSERT_OK(positions.save({"error.log", bytes}));
  EXPECT_EQ(positions.find("error.log").value(), bytes);
}

TEST(Positions, TellAnEmptyCursorFromNone) {
  Database database = open_in_memory();
  ASSERT_OK(Positions(database).save({"error.log", ""}));
  EXPECT_EQ(Positions(database).find("error.log").value(), std::optional<std::string>(""));
}

TEST(Positions, AreListedBySourceUntilForgotten) {
  Database database = open_in_memory();
  Positions positions(database);
  ASSERT_OK(database.apply({.positions = {{"b", "2"}, {"a", "1"}, {"c", "3"}}}));
  ASSERT_OK(positions.forget("b"));
  ASSERT_OK(positions.forget("never there"));
  const auto rows = positions.list();
  ASSERT_OK(rows);
  ASSERT_EQ(rows.value().size(), 2U);
  EXPECT_EQ(rows.value()[0].source, "a");
  EXPECT_EQ(rows.value()[1].cursor, "3");
}

}  // namespace
}  // namespace handshaked::store::test
