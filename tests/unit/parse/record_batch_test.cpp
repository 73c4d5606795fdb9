#include "parse/record_batch.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace handshaked::parse {
namespace {

std::vector<std::string> split(const std::string& line) {
  std::string lines;
  std::vector<std::string> list;
  if (!may_be_batch(line) || !split_batch(line, lines)) return list;
  for (std::size_t begin = 0; begin < lines.size();) {
    const std::size_t end = lines.find('\n', begin);
    list.push_back(lines.substr(begin, end - begin));
    begin = end + 1;
  }
  return list;
}

std::size_t count(std::string_view text, std::string_view word) {
  std::size_t found = 0;
  for (auto at = text.find(word); at != std::string_view::npos; at = text.find(word, at + 1))
    ++found;
  return found;
}

const std::string kLine = "2026/11/21 02:58:15 [error] 9#9: *7 a message of nginx";

TEST(RecordBatch, ValuesOfAListBecomeLines) {
  const auto list =
      split(R"({"streams":[{"stream":{"job":"nginx"},"values":[["1795229895000000000",")" + kLine +
            R"("],["1","short"],["2",")" + kLine + R"("]]}]})");
  ASSERT_EQ(list.size(), 3U);
  EXPECT_EQ(list[0], R"({"values":["1795229895000000000",")" + kLine + R"("]})");
  EXPECT_EQ(list[2], R"({"streams":[{"stream":{"job":"nginx"},"values":[,["1","short"],]}]})");
}

TEST(RecordBatch, ALineOfOneRecordIsLeftAlone) {
  for (const std::string& line :
       {kLine, kLine + " {\"a\":[{\"b\":1},{\"c\":2}]}",
        R"({"log":")" + kLine + R"(","tags":["a","b"]})",
        R"({"message":")" + kLine + R"(","labels":[{"name":"a"},{"name":"b"}]})",
        R"({"logEvents":[{"id":"1","message":")" + kLine + R"("}]})", std::string("[error] 9#9: x"),
        std::string("["), std::string("{"), std::string()}) {
    EXPECT_TRUE(split(line).empty()) << line;
  }
}

TEST(RecordBatch, DoubleBracketsAroundAQuoteAreNoList) {
  EXPECT_FALSE(
      may_be_batch(R"([[no "ssl_certificate" is defined for the "listen ... ssl" directive]])"));
  EXPECT_TRUE(may_be_batch(
      R"([["1795229895000000000", "2026/11/21 02:58:15 [error] 9#9: *1 SSL_do_handshake() failed"]])"));
  EXPECT_TRUE(may_be_batch(
      R"([[1795229895, "2026/11/21 02:58:15 [error] 9#9: *1 SSL_do_handshake() failed"]])"));
}

TEST(RecordBatch, AListThatNobodyKnowsKeepsItsName) {
  const auto list = split(R"({"app":{"bodies":[{"message":")" + kLine + R"("},{"message":")" +
                          kLine + R"("}]}})");
  ASSERT_EQ(list.size(), 2U);
  EXPECT_EQ(list[0], R"({"app.bodies":{"message":")" + kLine + R"("}})");
}

/// JSON with records at random places: each says its number.
class Writer {
 public:
  explicit Writer(unsigned seed) : random_(seed) {}
  std::string value(int depth) {
    const auto kind = random_() % (depth > 4 ? 2 : 5);
    if (kind == 0) return "17";
    if (kind == 1)
      return "\"2026/11/21 02:58:15 [error] 9#9: *1 <record " + std::to_string(records++) +
             "> of \\\"[{,\\\\\"";
    std::string text(kind == 2 ? "[" : "{");
    static constexpr const char* kNames[] = {"logEvents", "message", "values", "streams",
                                             "a\\\"b",    "logs",    "x",      "events"};
    for (auto i = random_() % 4, size = i; i > 0; --i) {
      if (i != size) text += random_() % 3 == 0 ? ", " : ",";
      if (kind != 2) text.append("\"").append(kNames[random_() % std::size(kNames)]).append("\":");
      text += value(depth + 1);
    }
    return text + (kind == 2 ? "]" : "}");
  }
  std::size_t records = 0;

 private:
  std::mt19937 random_;
};

TEST(RecordBatch, NothingOfALineIsLostOrDoubled) {
  std::size_t batches = 0;
  for (unsigned seed = 0; seed < 3000; ++seed) {
    Writer writer(seed);
    std::string line = writer.value(0) + writer.value(0);
    if (seed % 5 == 0) line.resize(line.size() * (seed % 7) / 7);
    const auto list = split(line);
    if (list.empty()) continue;
    ++batches;
    std::string all;
    for (const std::string& one : list) all.append(one).append("\n");
    ASSERT_LE(all.size(), line.size() * 4 + 64) << line;
    for (std::size_t record = 0; record < writer.records; ++record) {
      const std::string text = "<record " + std::to_string(record) + ">";
      ASSERT_EQ(count(all, text), count(line, text)) << line << "\n" << all;
    }
  }
  EXPECT_GT(batches, 500U);
}

TEST(RecordBatch, DeepNestingIsReadInOnePass) {
  std::string line;
  for (int i = 0; i < 100000; ++i) line += "[{\"logEvents\":";
  line += "\"" + kLine + "\"";
  std::string lines;
  EXPECT_TRUE(may_be_batch(line));
  split_batch(line, lines);
  EXPECT_LE(lines.size(), line.size() * 2);
}

}  // namespace
}  // namespace handshaked::parse
