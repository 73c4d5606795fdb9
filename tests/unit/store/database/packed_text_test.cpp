#include "store/database/packed_text.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

#include "store/database/connection.h"

namespace handshaked::store {
namespace {

class PackedText : public ::testing::Test {
 protected:
  PackedText() {
    EXPECT_TRUE(connection_.open(":memory:", std::chrono::milliseconds(0)));
    connection_.execute("CREATE TABLE kept (value ANY) STRICT");
  }

  void keep(const char* sql, const std::string& text) {
    connection_.execute("DELETE FROM kept");
    auto statement = connection_.prepare(sql);
    statement.bind_text(1, text);
    statement.run();
  }
  void keep_blob(const std::string& bytes) {
    connection_.execute("DELETE FROM kept");
    auto statement = connection_.prepare("INSERT INTO kept VALUES (?)");
    statement.bind_blob(1, bytes);
    statement.run();
  }
  std::string read(const char* sql) {
    auto statement = connection_.prepare(sql);
    EXPECT_TRUE(statement->executeStep());
    return statement->getColumn(0).getString();
  }

  static constexpr const char* kPack = "INSERT INTO kept VALUES (pack(?))";
  static constexpr const char* kUnpack = "SELECT unpack(value) FROM kept";
  static constexpr const char* kAsKept = "SELECT value FROM kept";
  static constexpr const char* kType = "SELECT typeof(value) FROM kept";
  Connection connection_;
};

TEST_F(PackedText, GivesBackWhatWasPacked) {
  std::string page;
  for (int i = 0; i < 2000; ++i) page += "{\"number\":" + std::to_string(i) + ",\"text\":\"ü\"},";
  for (const std::string& text :
       {std::string(), std::string("{}"), std::string(511, 'x'), std::string(512, 'x'), page}) {
    keep(kPack, text);
    EXPECT_EQ(read(kType), text.size() < 512 ? "text" : "blob");
    EXPECT_EQ(read(kUnpack), text);
    EXPECT_EQ(read("SELECT typeof(unpack(value)) FROM kept"), "text");
  }
  EXPECT_LT(read(kAsKept).size(), page.size() / 4);
}

TEST_F(PackedText, LeavesWhatDoesNotShrink) {
  std::mt19937 random(7);
  std::string noise;
  for (int i = 0; i < 4096; ++i) noise += static_cast<char>(' ' + random() % 95);
  for (int i = 0; i < 3; ++i) {
    keep(kPack, noise);
    EXPECT_EQ(read(kUnpack), noise);
  }
}

TEST_F(PackedText, PacksNothingTwice) {
  const std::string text(10'000, 'x');
  keep(kPack, text);
  const std::string packed = read(kAsKept);
  connection_.execute("UPDATE kept SET value = pack(value)");
  EXPECT_EQ(read(kAsKept), packed);
}

TEST_F(PackedText, WhatCannotBeReadIsEmpty) {
  keep(kPack, std::string(100'000, 'x'));
  const std::string packed = read(kAsKept);
  for (const std::string& bytes : {packed.substr(0, packed.size() / 2), "no frame at all " + packed,
                                   std::string("\x28\xb5\x2f\xfd", 4)}) {
    keep_blob(bytes);
    EXPECT_EQ(read(kUnpack), "");
    EXPECT_EQ(read("SELECT json_valid(unpack(value)) FROM kept"), "0");
  }
  // A frame that claims eight terabytes (RFC 8878, 3.1.1: an eight byte content size).
  keep_blob(std::string("\x28\xb5\x2f\xfd\xe0\x00\x00\x00\x00\x00\x08\x00\x00\x01\x00\x00", 16));
  EXPECT_EQ(read(kUnpack), "");
}

}  // namespace
}  // namespace handshaked::store
