#include "base/owned_table.h"

#include <gtest/gtest.h>

#include <string>

#include "base/hex_name.h"

namespace handshaked {
namespace {

using Name = HexName<"inc-", 16>;

struct Item {
  explicit Item(std::string_view text, int* counted) : name(text), count(counted) { ++*count; }
  ~Item() { --*count; }
  Name name;
  int* count;
};
struct NameOf {
  const Name& operator()(const Item& item) const { return item.name; }
};
using Table = OwnedTable<Item, NameOf>;

std::string name_of(int number) { return "inc-" + std::to_string(1'000'000'000'000'000 + number); }

TEST(OwnedTable, FindsWhatItOwnsAndLetsGo) {
  int alive = 0;
  Table table;
  std::vector<Item*> made;
  for (int i = 0; i < 1'000; ++i)
    made.push_back(&table.insert(std::make_unique<Item>(name_of(i), &alive)));
  EXPECT_EQ(table.size(), 1'000U);
  for (int i = 0; i < 1'000; ++i)
    EXPECT_EQ(table.find(Name(name_of(i))), made[static_cast<std::size_t>(i)]);
  EXPECT_EQ(table.find(Name("inc-0")), nullptr);
  EXPECT_EQ(table.take(Name("inc-0")), nullptr);
  const auto taken = table.take(Name(name_of(7)));
  ASSERT_NE(taken, nullptr);
  EXPECT_FALSE(table.contains(taken->name));
  EXPECT_EQ(table.size(), 999U);
  EXPECT_EQ(alive, 1'000);
}

TEST(OwnedTable, EndsWhatItOwnsOnce) {
  int alive = 0;
  {
    Table table;
    table.insert(std::make_unique<Item>(name_of(1), &alive));
    table.insert(std::make_unique<Item>("of another form", &alive));
    Table other(std::move(table));
    EXPECT_EQ(other.size(), 2U);
    Table third;
    third.insert(std::make_unique<Item>(name_of(3), &alive));
    third = std::move(other);
    EXPECT_EQ(third.size(), 2U);
    EXPECT_NE(third.find(Name("of another form")), nullptr);
  }
  EXPECT_EQ(alive, 0);
}

}  // namespace
}  // namespace handshaked
