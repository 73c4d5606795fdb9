#include "ingest/file_identity.h"

#include <fcntl.h>
#include <gtest/gtest.h>

#include "ingest/decoded_file.h"
#include "log_directory.h"

namespace handshaked::ingest {
namespace {

using test::LogDirectory;

TEST(Fingerprint, MatchesTheSameFileAfterItHasGrown) {
  const Fingerprint fingerprint = Fingerprint::of("first line\n");
  EXPECT_EQ(fingerprint.length, 11u);
  EXPECT_TRUE(fingerprint.matches("first line\nsecond line\n"));
  EXPECT_FALSE(fingerprint.matches("first lime\nsecond line\n"));
  EXPECT_FALSE(fingerprint.matches("first line"));
}

TEST(Fingerprint, LooksAtTheBeginningOnly) {
  const std::string beginning(kFingerprintedBytes, 'a');
  EXPECT_EQ(Fingerprint::of(beginning + "b"), Fingerprint::of(beginning + "c"));
  EXPECT_EQ(Fingerprint::of(beginning + "b").length, kFingerprintedBytes);
}

TEST(Fingerprint, OfNothingMatchesNothing) {
  EXPECT_FALSE(Fingerprint::of("").matches(""));
  EXPECT_FALSE(Fingerprint::of("").matches("anything"));
}

TEST(FileIdentity, SeesTheSameBeginningThroughCompression) {
  LogDirectory logs;
  std::string text;
  for (int i = 0; i < 500; ++i) text += "line " + std::to_string(i) + "\n";
  for (const std::string program : {"gzip", "zstd"}) {
    logs.overwrite(text, "a");
    logs.compress("a", program);
    auto file = DecodedFile::open(logs.path(program == "gzip" ? "a.gz" : "a.zst"));
    ASSERT_TRUE(file);
    const auto beginning = read_decoded_beginning(file.value());
    ASSERT_TRUE(beginning);
    EXPECT_EQ(beginning.value(), text.substr(0, kFingerprintedBytes));
    // Reading begins anew after it.
    ASSERT_TRUE(file.value().rewind());
    char first[4];
    EXPECT_GT(file.value().read(first).value(), 0u);
    EXPECT_EQ(first[0], 'l');
  }
}

}  // namespace
}  // namespace handshaked::ingest
