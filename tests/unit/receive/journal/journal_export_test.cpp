#include "receive/journal/journal_export.h"

#include <gtest/gtest.h>

#include <vector>

namespace handshaked::receive {
namespace {

std::string binary_field(std::string_view name, std::string_view value) {
  std::string out = std::string(name) + "\n";
  for (unsigned i = 0; i < 8; ++i) out += static_cast<char>(value.size() >> (8 * i) & 0xFFU);
  return out + std::string(value) + "\n";
}

/// The entries, each as "unit:message@microseconds"; "E" for an error.
std::vector<std::string> decoded(std::string_view stream, std::size_t piece) {
  JournalExportDecoder decoder;
  std::vector<std::string> out;
  const auto take = [&](bool at_end) {
    while (true) {
      const auto has_entry = at_end ? decoder.finish() : decoder.next();
      if (!has_entry) {
        out.emplace_back("E");
        return false;
      }
      if (!has_entry.value()) return true;
      const JournalEntry& entry = decoder.entry();
      out.push_back(
          entry.unit + ":" + entry.message +
          (entry.time ? "@" + std::to_string(entry.time->time_since_epoch().count()) : ""));
    }
  };
  for (std::size_t at = 0; at < stream.size(); at += piece) {
    decoder.feed(stream.substr(at, piece));
    if (!take(false)) return out;
  }
  take(true);
  return out;
}

void expect_decoded(std::string_view stream, const std::vector<std::string>& wanted) {
  for (const std::size_t piece : {stream.size(), std::size_t{1}, std::size_t{9}}) {
    if (piece == 0) continue;
    EXPECT_EQ(decoded(stream, piece), wanted) << "in pieces of " << piece;
  }
}

TEST(JournalExport, ReadsTextAndBinaryFields) {
  expect_decoded(
      "__CURSOR=s=1;i=2\n__REALTIME_TIMESTAMP=1700000000123456\n_SYSTEMD_UNIT=nginx."
      "service\nMESSAGE=one = 1\n\n" +
          ("_SYSTEMD_UNIT=a.service\n" + binary_field("MESSAGE", std::string("two\nlines\0.", 11)) +
           "\n"),
      {"nginx.service:one = 1@1700000000123456", "a.service:" + std::string("two\nlines\0.", 11)});
}

TEST(JournalExport, TakesALastEntryWithoutItsEmptyLine) {
  expect_decoded("MESSAGE=one\n\nMESSAGE=two\n", {":one", ":two"});
  expect_decoded("", {});
  expect_decoded("\n\n", {});
}

TEST(JournalExport, ForgetsTheFieldsOfTheEntryBefore) {
  expect_decoded("MESSAGE=one\n_SYSTEMD_UNIT=u\n__REALTIME_TIMESTAMP=7\n\nPRIORITY=3\n\n",
                 {"u:one@7", ":"});
}

TEST(JournalExport, PassesByLargeFieldsThatNobodyAsksFor) {
  JournalExportDecoder decoder;
  const std::string core = binary_field("COREDUMP", std::string(5'000'000, 'x'));
  std::size_t most = 0;
  for (std::size_t at = 0; at < core.size(); at += 10'000) {
    decoder.feed(std::string_view(core).substr(at, 10'000));
    ASSERT_FALSE(decoder.next().value());
    most = std::max(most, decoder.held());
  }
  EXPECT_LT(most, 20'000U);
  decoder.feed("MESSAGE=one\n\n");
  ASSERT_TRUE(decoder.next().value());
  EXPECT_EQ(decoder.entry().message, "one");
}

TEST(JournalExport, CutsALongMessageAndSaysSo) {
  JournalExportDecoder decoder;
  decoder.feed("MESSAGE=" + std::string(JournalExportDecoder::kMaxMessage + 5, 'x') + "\n\n");
  ASSERT_TRUE(decoder.next().value());
  EXPECT_EQ(decoder.entry().message.size(), JournalExportDecoder::kMaxMessage);
  EXPECT_TRUE(decoder.entry().message_was_cut);
}

TEST(JournalExport, IgnoresTimesThatAreNone) {
  expect_decoded(
      "MESSAGE=a\n__REALTIME_TIMESTAMP=-5\n\nMESSAGE=b\n__REALTIME_TIMESTAMP=x\n\nMESSAGE=c\n__"
      "REALTIME_TIMESTAMP=99999999999999999999\n\n",
      {":a", ":b", ":c"});
}

TEST(JournalExport, RefusesWhatIsNoExport) {
  expect_decoded("GET / HTTP/1.1\n\n", {"E"});
  expect_decoded("=x\n", {"E"});
  expect_decoded(std::string(1000, 'A'), {"E"});
  expect_decoded("MESSAGE", {"E"});
  expect_decoded("MESSAGE=one", {"E"});
  expect_decoded("MESSAGE\n\x05", {"E"});
  std::string no_line_feed = binary_field("MESSAGE", "abc");
  no_line_feed.back() = 'x';
  expect_decoded(no_line_feed, {"E"});
}

}  // namespace
}  // namespace handshaked::receive
