#include "diagnose/calendar/peer_watch.h"

#include <gtest/gtest.h>

namespace handshaked::diagnose {
namespace {

Time hour(double hours) {
  const Time begin(std::chrono::sys_days(std::chrono::year(2026) / 11 / 1));
  return begin + std::chrono::duration_cast<Duration>(
                     std::chrono::duration<double, std::ratio<3600>>(hours));
}

SeenPeer shows(const std::string& leaf, const std::string& issuer = "CN=Corp CA",
               double ends = 1000, bool passes = true) {
  SeenPeer seen;
  seen.key = "gw proxy_pass https://10.0.0.1:443 api";
  seen.target = "https://10.0.0.1:443";
  seen.peer = "10.0.0.1:443";
  seen.passes = passes;
  seen.fails = !passes;
  PeerCertificate certificate;
  certificate.facts.sha256 = leaf;
  certificate.facts.issuer = issuer;
  certificate.facts.not_after = hour(ends);
  seen.observation.seen.chain.push_back(certificate);
  return seen;
}

std::string news(const PeerBook& book, double at) {
  const auto text = book.news(shows("").key, hour(at));
  return text ? text->en : "";
}

TEST(PeerBook, ARenewalUnderTheSameCaIsNoNews) {
  PeerBook book;
  book.note(shows("a"), hour(0));
  book.note(shows("b", "CN=Corp CA", 2000), hour(24));
  EXPECT_EQ(news(book, 24), "");
}

TEST(PeerBook, AnotherCaAndAnEarlierEndAreForADay) {
  PeerBook book;
  book.note(shows("a"), hour(0));
  EXPECT_EQ(news(book, 0), "") << "the first look has nothing to compare";
  book.note(shows("b", "CN=Other CA", 500), hour(24));
  EXPECT_EQ(news(book, 25),
            "10.0.0.1:443 shows a certificate of another CA: CN=Other CA, before that CN=Corp CA. "
            "The certificate of 10.0.0.1:443 ends on "
            "2026-11-21 now, the one before it on 2026-12-12.");
  book.note(shows("b", "CN=Other CA", 500), hour(40));
  EXPECT_NE(news(book, 47), "") << "seen again, it is the same news";
  EXPECT_EQ(news(book, 49), "");
}

TEST(PeerBook, MembersBehindOneAddressThatTakeTurnsAreNoNews) {
  PeerBook book;
  book.note(shows("a"), hour(0));
  book.note(shows("b", "CN=Other CA"), hour(24));
  for (int day = 2; day < 10; ++day)
    book.note(shows(day % 2 == 0 ? "a" : "b", day % 2 == 0 ? "CN=Corp CA" : "CN=Other CA"),
              hour(24 * day));
  EXPECT_EQ(news(book, 24 * 9), "");
}

TEST(PeerBook, WhatFailsByAChangeDoesSoUntilItPasses) {
  PeerBook book;
  book.note(shows("a", "CN=Corp CA", 1000, false), hour(0));
  EXPECT_FALSE(book.fails_since_change(shows("").key)) << "it failed before we came";
  book.note(shows("a"), hour(1));
  EXPECT_TRUE(book.fails_by_change(shows("b", "CN=Other CA", 900, false)));
  book.note(shows("b", "CN=Other CA", 900, false), hour(24));
  EXPECT_EQ(news(book, 24), "") << "the failure is the news";
  EXPECT_TRUE(book.fails_by_change(shows("b", "CN=Other CA", 900, false)))
      << "and still is at the next look";
  book.note(shows("b", "CN=Other CA", 900, true), hour(25));
  EXPECT_FALSE(book.fails_since_change(shows("").key)) << "the trust file has the CA now";
  EXPECT_FALSE(book.fails_by_change(shows("b", "CN=Other CA", 900, false)))
      << "another trust file is not the peer's doing";
}

TEST(PeerBook, SurvivesAsText) {
  PeerBook book;
  book.note(shows("a"), hour(0));
  book.note(shows("b", "CN=\"Other\" CA", 500), hour(24));
  const auto read = PeerBook::from_json(book.to_json());
  ASSERT_TRUE(read) << read.error().message();
  EXPECT_EQ(read.value().to_json(), book.to_json());
  EXPECT_NE(news(read.value(), 25), "");
  for (const char* const damaged : {"", "[]", R"({"version":2,"peers":[]})", "\xff"})
    EXPECT_FALSE(PeerBook::from_json(damaged)) << damaged;
}

}  // namespace
}  // namespace handshaked::diagnose
