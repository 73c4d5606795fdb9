#include "ingest/block_reader.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string>
#include <thread>

#include "log_directory.h"

namespace handshaked::ingest {
namespace {

using test::LogDirectory;

std::string numbered_lines(int count) {
  std::string text;
  for (int i = 0; i < count; ++i)
    text += "2026/11/21 04:00:00 [error] 1#1: *" + std::to_string(i) + " line\n";
  return text;
}

struct Content {
  std::string bytes;
  std::optional<Error> error;
};

Content read_all(BlockReader& reader) {
  Content content;
  while (true) {
    auto block = reader.next();
    if (!block) {
      content.error = block.error();
      EXPECT_FALSE(reader.next()) << "it keeps failing";
      return content;
    }
    if (!block.value()) return content;
    EXPECT_EQ(block.value()->offset.value, content.bytes.size());
    content.bytes += block.value()->bytes;
  }
}

Content read_file(const std::string& path) {
  auto reader = BlockReader::open(path);
  if (!reader) return {"", reader.error()};
  return read_all(reader.value());
}

TEST(BlockReader, ReadsPlainGzipAndZstdByContentAndNotByName) {
  LogDirectory logs;
  const std::string text = numbered_lines(20000) + "without end";
  for (const std::string program : {"gzip", "zstd", "cat"}) {
    logs.overwrite(text, "a.log");
    if (program != "cat") {
      logs.compress("a.log", program);
      logs.rename(program == "gzip" ? "a.log.gz" : "a.log.zst", "a.log");
    }
    auto reader = BlockReader::open(logs.path("a.log"));
    ASSERT_TRUE(reader);
    const Content content = read_all(reader.value());
    EXPECT_FALSE(content.error);
    EXPECT_EQ(content.bytes, text);
    EXPECT_EQ(reader.value().bytes_decoded(), text.size());
    EXPECT_EQ(reader.value().bytes_read(), *reader.value().size());
    EXPECT_EQ(*reader.value().size(), std::filesystem::file_size(logs.path("a.log")));
  }
}

TEST(BlockReader, ReadsMembersAndFramesThatWereConcatenated) {
  LogDirectory logs;
  for (const std::string program : {"gzip", "zstd"}) {
    const std::string ending = program == "gzip" ? ".gz" : ".zst";
    std::string stored;
    for (const std::string part : {"one\ntw", "", "o\nthree\n"}) {
      logs.overwrite(part, "part");
      logs.compress("part", program);
      stored += logs.read("part" + ending);
      logs.remove("part" + ending);
    }
    logs.overwrite(stored, "all");
    const Content content = read_file(logs.path("all"));
    EXPECT_FALSE(content.error);
    EXPECT_EQ(content.bytes, "one\ntwo\nthree\n");
  }
}

TEST(BlockReader, ReadsUtf16OfEitherOrderAndLeavesMarksOut) {
  LogDirectory logs;
  // One to four bytes a character in UTF-8, across more than one piece of what is read.
  std::string text;
  for (int i = 0; i < 40000; ++i) text += "line " + std::to_string(i) + " \u00e9\u4e0a\U0001f512\n";
  for (const std::string order : {"LE", "BE"}) {
    logs.overwrite(text, "utf8");
    const std::string mark = order == "LE" ? "\\377\\376" : "\\376\\377";
    ASSERT_EQ(0, std::system(("{ printf '" + mark + "'; iconv -f UTF-8 -t UTF-16" + order + " " +
                              logs.path("utf8") + "; } >" + logs.path("a.log"))
                                 .c_str()));
    const Content content = read_file(logs.path("a.log"));
    EXPECT_FALSE(content.error);
    EXPECT_EQ(content.bytes, text) << order;
  }
  logs.overwrite("\xef\xbb\xbf" + text, "marked.log");
  EXPECT_EQ(read_file(logs.path("marked.log")).bytes, text);
}

TEST(BlockReader, HalvesOfCharactersInUtf16AreNoCharacters) {
  LogDirectory logs;
  const std::string high("\x3d\xd8", 2);
  const std::string low("\x12\xdd", 2);
  const std::string a("a\0", 2);
  logs.overwrite("\xff\xfe" + high + a + low + a + high + high + low + a + high + "x", "a.log");
  const Content content = read_file(logs.path("a.log"));
  EXPECT_FALSE(content.error);
  EXPECT_EQ(content.bytes,
            "\xef\xbf\xbd"
            "a\xef\xbf\xbd"
            "a\xef\xbf\xbd\xf0\x9f\x94\x92"
            "a");
}

TEST(BlockReader, ACompressionThatIsNotReadIsNamed) {
  LogDirectory logs;
  logs.append("one\n", "a");
  for (const std::string program : {"xz", "bzip2"}) {
    if (std::system(("command -v " + program + " >/dev/null").c_str()) != 0) continue;
    ASSERT_EQ(0, std::system((program + " -c " + logs.path("a") + " >" + logs.path("b")).c_str()));
    const Content content = read_file(logs.path("b"));
    ASSERT_TRUE(content.error) << program;
    EXPECT_EQ(content.error->message(), logs.path("b") + ": is compressed with " + program +
                                            ", which is not read here: unpack it first (" +
                                            program + " -dc)");
  }
  logs.overwrite("BZh9 is how this line begins\n", "b");
  EXPECT_EQ(read_file(logs.path("b")).bytes, "BZh9 is how this line begins\n");
}

TEST(BlockReader, AcceptsZeroBytesAfterTheLastGzipMember) {
  LogDirectory logs;
  logs.append("one\n", "a");
  logs.compress("a");
  logs.append(std::string(1000, '\0'), "a.gz");
  const Content content = read_file(logs.path("a.gz"));
  EXPECT_FALSE(content.error);
  EXPECT_EQ(content.bytes, "one\n");
}

TEST(BlockReader, GivesWhatStandsBeforeATruncationThenSaysWhere) {
  LogDirectory logs;
  const std::string text = numbered_lines(20000);
  for (const std::string program : {"gzip", "zstd"}) {
    const std::string name = program == "gzip" ? "a.gz" : "a.zst";
    logs.overwrite(text, "a");
    logs.compress("a", program);
    const std::string stored = logs.read(name);
    for (const std::size_t size : {stored.size() - 1, stored.size() / 2, std::size_t{5}}) {
      logs.overwrite(stored.substr(0, size), name);
      const Content content = read_file(logs.path(name));
      ASSERT_TRUE(content.error) << program << " cut at " << size;
      EXPECT_EQ(content.error->code(), ErrorCode::invalid_input);
      EXPECT_NE(content.error->message().find("ends too early at byte " + std::to_string(size)),
                std::string::npos)
          << content.error->message();
      EXPECT_TRUE(text.starts_with(content.bytes));
      if (size == stored.size() / 2 && program == "gzip") {
        EXPECT_GT(content.bytes.size(), text.size() / 8);
      }
    }
    logs.remove(name);
  }
}

TEST(BlockReader, GivesWhatStandsBeforeDamageThenSaysWhere) {
  LogDirectory logs;
  const std::string text = numbered_lines(200000);
  for (const std::string program : {"gzip", "zstd"}) {
    const std::string name = program == "gzip" ? "a.gz" : "a.zst";
    logs.overwrite(text, "a");
    logs.compress("a", program);
    std::string stored = logs.read(name);
    for (std::size_t i = 0; i < 64; ++i)
      stored[stored.size() * 3 / 4 + i] = static_cast<char>(0xa5);
    logs.overwrite(stored, name);
    const Content content = read_file(logs.path(name));
    ASSERT_TRUE(content.error);
    EXPECT_NE(content.error->message().find("damaged compressed data at byte "), std::string::npos)
        << content.error->message();
    EXPECT_GT(content.bytes.size(), text.size() / 4);
  }
}

TEST(BlockReader, ReportsGarbageAfterTheEndOfGzipData) {
  LogDirectory logs;
  logs.append("one\n", "a");
  logs.compress("a");
  logs.append("garbage", "a.gz");
  const Content content = read_file(logs.path("a.gz"));
  EXPECT_TRUE(content.error);
  EXPECT_EQ(content.bytes, "one\n");
}

TEST(BlockReader, RefusesDirectoriesAndMissingFilesByName) {
  LogDirectory logs;
  const Content missing = read_file(logs.path("nothing"));
  ASSERT_TRUE(missing.error);
  EXPECT_EQ(missing.error->code(), ErrorCode::not_found);
  EXPECT_NE(missing.error->message().find(logs.path("nothing")), std::string::npos);

  std::filesystem::create_directory(logs.path("directory"));
  const Content directory = read_file(logs.path("directory"));
  ASSERT_TRUE(directory.error);
  EXPECT_NE(directory.error->message().find("is a directory"), std::string::npos);
}

TEST(BlockReader, RefusesAnUnreadableFileAsSuch) {
  if (::geteuid() == 0) GTEST_SKIP() << "root may read everything";
  LogDirectory logs;
  logs.append("one\n");
  ::chmod(logs.path().c_str(), 0);
  const Content content = read_file(logs.path());
  ASSERT_TRUE(content.error);
  EXPECT_EQ(content.error->code(), ErrorCode::permission_denied);
}

TEST(BlockReader, ReadsAPipeThatIsWrittenByteByByte) {
  LogDirectory logs;
  const std::string text = "o\ntwo\nthree\nrest";
  ASSERT_EQ(0, ::mkfifo(logs.path("pipe").c_str(), 0600));
  std::thread writer([&] {
    std::ofstream pipe(logs.path("pipe"), std::ios::binary);
    for (const char byte : text) pipe << byte << std::flush;
  });
  auto reader = BlockReader::open(logs.path("pipe"));
  ASSERT_TRUE(reader);
  EXPECT_FALSE(reader.value().size());
  const Content content = read_all(reader.value());
  writer.join();
  EXPECT_FALSE(content.error);
  EXPECT_EQ(content.bytes, text);
}

TEST(BlockReader, ReadsCompressedStandardInput) {
  LogDirectory logs;
  const std::string text = numbered_lines(1000);
  logs.overwrite(text, "a");
  logs.compress("a", "zstd");
  const int saved = ::dup(0);
  ASSERT_NE(nullptr, std::freopen(logs.path("a.zst").c_str(), "rb", stdin));
  auto reader = BlockReader::open("-");
  ASSERT_TRUE(reader);
  const Content content = read_all(reader.value());
  ::dup2(saved, 0);
  ::close(saved);
  EXPECT_FALSE(content.error);
  EXPECT_EQ(content.bytes, text);
}

TEST(BlockReader, ReadsEmptyAndVeryShortFiles) {
  LogDirectory logs;
  for (const std::string text : {"", "a", "\n", "\x1f\x8b", "abc"}) {
    logs.overwrite(text);
    const Content content = read_file(logs.path());
    EXPECT_FALSE(content.error);
    EXPECT_EQ(content.bytes, text);
  }
}

TEST(BlockReader, SurvivesAFileThatIsCutShortWhileItIsRead) {
  LogDirectory logs;
  logs.overwrite(numbered_lines(20000));
  auto reader = BlockReader::open(logs.path());
  ASSERT_TRUE(reader);
  ASSERT_TRUE(reader.value().next());
  logs.truncate();
  auto next = reader.value().next();
  while (next && next.value()) next = reader.value().next();
  EXPECT_TRUE(next);
}

}  // namespace
}  // namespace handshaked::ingest
