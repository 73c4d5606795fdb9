#include "diagnose/calendar/coming_break.h"

#include <gtest/gtest.h>

namespace handshaked::diagnose {
namespace {

using match::Severity;
using std::chrono::days;
using std::chrono::hours;

/// So many days after 2026-11-01, UTC.
Time on_day(double day) {
  const Time begin(std::chrono::sys_days(std::chrono::year(2026) / 11 / 1));
  return begin + std::chrono::duration_cast<Duration>(
                     std::chrono::duration<double, std::ratio<86400>>(day));
}

const std::vector<std::chrono::seconds> kLeads = {days(30), days(7), days(1)};

ComingBreak certificate_that_ends(double day, const std::string& name = "shop.example",
                                  double issued = -300) {
  ComingBreak coming;
  coming.ending.at = on_day(day);
  coming.at = coming.ending.at + std::chrono::seconds(1);
  coming.ending.kind = EndingKind::served_certificate;
  coming.ending.name = "CN=" + name;
  coming.ending.path = "/etc/nginx/" + name + ".pem";
  coming.ending.slot = "file " + coming.ending.path;
  coming.ending.subject = "sha256 of " + name + std::to_string(day);
  coming.ending.issued_at = on_day(issued);
  coming.side = "client";
  coming.server = name;
  coming.file = coming.ending.file = "/etc/nginx/nginx.conf";
  coming.line = 12;
  return coming;
}

/// A book that has seen issues on these days.
RenewalBook renewed_on(const std::vector<double>& issues,
                       const std::string& slot = "file /etc/nginx/shop.example.pem") {
  RenewalBook book;
  for (const double day : issues)
    book.note(slot, "certificate of " + std::to_string(day), on_day(day), on_day(day));
  return book;
}

std::vector<ForeseenBreak> seen_on(double day, const std::vector<ComingBreak>& breaks,
                                   const RenewalBook& book = {}) {
  return foreseen_breaks(breaks, book, kLeads, on_day(day));
}

TEST(ForeseenBreak, IsToldWithEachLeadTimeAndGraverWithEach) {
  const std::vector<ComingBreak> one = {certificate_that_ends(100)};
  EXPECT_TRUE(seen_on(69.9, one).empty());
  const auto step_and_severity = [&](double day) {
    const auto seen = seen_on(day, one);
    return seen.size() == 1 ? std::pair(seen.front().step, seen.front().severity)
                            : std::pair(99U, Severity::critical);
  };
  EXPECT_EQ(step_and_severity(70.1), std::pair(1U, Severity::info));
  EXPECT_EQ(step_and_severity(92.9), std::pair(1U, Severity::info));
  EXPECT_EQ(step_and_severity(93.1), std::pair(2U, Severity::warning));
  EXPECT_EQ(step_and_severity(99.1), std::pair(3U, Severity::critical));
}

TEST(ForeseenBreak, SaysWhatEndsWhenAndWhatFollowsInBothLanguages) {
  const auto seen = seen_on(80, {certificate_that_ends(100)});
  ASSERT_EQ(seen.size(), 1U);
  EXPECT_EQ(seen.front().key, "2027-02-09 server_cert_expired");
  EXPECT_EQ(seen.front().diagnosis.cause, "will_break");
  EXPECT_EQ(seen.front().diagnosis.summary.en,
            "The certificate CN=shop.example in /etc/nginx/shop.example.pem ends on 2027-02-09; "
            "clients refuse it from then on.");
  EXPECT_EQ(seen.front().diagnosis.summary.zh,
            "/etc/nginx/shop.example.pem 中的证书 CN=shop.example 将于 2027-02-09 "
            "到期；此后客户端会拒绝。");
  ASSERT_EQ(seen.front().diagnosis.fixes.size(), 1U);
  EXPECT_EQ(seen.front().diagnosis.fixes.front().id, "renew-in-time");
}

TEST(ForeseenBreak, GoesOnAfterItsDateAsWhatHasBegun) {
  ComingBreak ended = certificate_that_ends(100);
  ended.has_begun = true;
  const auto seen = seen_on(101, {ended});
  ASSERT_EQ(seen.size(), 1U);
  EXPECT_EQ(seen.front().key, "2027-02-09 server_cert_expired") << "the same incident as before";
  EXPECT_EQ(seen.front().step, 4U) << "told once more";
  EXPECT_TRUE(seen.front().has_begun);
  EXPECT_EQ(seen.front().diagnosis.summary.en,
            "The certificate CN=shop.example in /etc/nginx/shop.example.pem ended on 2027-02-09.");
}

TEST(ForeseenBreak, OfOneDayAndCauseAreOne) {
  std::vector<ComingBreak> breaks = {certificate_that_ends(100.1, "a.example"),
                                     certificate_that_ends(100.7, "b.example"),
                                     certificate_that_ends(101.1, "c.example")};
  ComingBreak list = certificate_that_ends(100.3, "list");
  list.ending.kind = EndingKind::revocation_list;
  list.ending.issued_at = on_day(0);
  breaks.push_back(list);
  const auto seen = seen_on(96, breaks);
  ASSERT_EQ(seen.size(), 3U);
  EXPECT_EQ(seen[0].key, "2027-02-09 crl_expired");
  EXPECT_EQ(seen[1].key, "2027-02-09 server_cert_expired");
  EXPECT_EQ(seen[1].servers, (std::vector<std::string>{"a.example", "b.example"}));
  EXPECT_EQ(seen[1].diagnosis.evidence.size(), 2U);
  EXPECT_NE(seen[1].diagnosis.summary.en.find("1 more ends that day."), std::string::npos)
      << seen[1].diagnosis.summary.en;
  EXPECT_EQ(seen[2].key, "2027-02-10 server_cert_expired");
}

TEST(ForeseenBreak, OneCertificateInManyServersIsOneThingThatEnds) {
  std::vector<ComingBreak> breaks;
  for (int i = 0; i < 40; ++i) {
    breaks.push_back(certificate_that_ends(100));
    breaks.back().server = "s" + std::to_string(i) + ".example";
  }
  const auto seen = seen_on(95, breaks);
  ASSERT_EQ(seen.size(), 1U);
  EXPECT_EQ(seen.front().diagnosis.summary.en.find("more that day"), std::string::npos)
      << seen.front().diagnosis.summary.en;
  EXPECT_LE(seen.front().diagnosis.evidence.size(), 30U);
  EXPECT_LE(seen.front().servers.size(), 32U);
}

TEST(ForeseenBreak, IsQuietWhereRenewalHasWorkedTwiceAndIsNotLate) {
  const std::vector<ComingBreak> one = {certificate_that_ends(120 + 90, "shop.example", 120)};
  const RenewalBook twice = renewed_on({0, 60, 120});
  EXPECT_TRUE(seen_on(180, one, twice).empty()) << "thirty days left, and it is due today";
  EXPECT_TRUE(seen_on(182.9, one, twice).empty());
  EXPECT_EQ(seen_on(180.5, one, renewed_on({60, 120})).size(), 1U)
      << "seen once it is no rhythm yet";
}

TEST(ForeseenBreak, LatenessIsWhatIsTold) {
  const std::vector<ComingBreak> one = {certificate_that_ends(120 + 90, "shop.example", 120)};
  const RenewalBook twice = renewed_on({0, 60, 120});
  const auto late = seen_on(189, one, twice);
  ASSERT_EQ(late.size(), 1U);
  EXPECT_EQ(late.front().diagnosis.summary.en,
            "The certificate CN=shop.example in /etc/nginx/shop.example.pem was renewed every 60 "
            "days and is 9 days late; it ends on "
            "2027-05-30.");
  EXPECT_EQ(late.front().severity, Severity::warning);
  EXPECT_EQ(late.front().diagnosis.fixes.front().how.en.find("Something has renewed it until now"),
            0U);
  EXPECT_GT(seen_on(204, one, twice).front().step, late.front().step)
      << "a week before its end it is told again";
  // Late long before the first lead time.
  const auto early = seen_on(189, {certificate_that_ends(120 + 365, "shop.example", 120)}, twice);
  ASSERT_EQ(early.size(), 1U);
  EXPECT_EQ(early.front().step, 1U);
}

TEST(ForeseenBreak, ARhythmThatLeavesNoTimeIsNoneToRelyOn) {
  // Each was renewed on its last day: when that is late it is over.
  const std::vector<ComingBreak> one = {certificate_that_ends(180 + 90, "shop.example", 180)};
  EXPECT_EQ(seen_on(250, one, renewed_on({0, 90, 180})).size(), 1U);
}

TEST(ForeseenBreak, AListThatLivesForAWeekIsNotNearItsEndAllTheTime) {
  ComingBreak list = certificate_that_ends(107, "list", 100);
  list.ending.kind = EndingKind::revocation_list;
  EXPECT_TRUE(seen_on(101, {list}).empty());
  EXPECT_EQ(seen_on(105, {list}).size(), 1U) << "a third of its time is left";
}

TEST(ForeseenBreak, WithoutLeadTimesOnlyLatenessIsTold) {
  const std::vector<ComingBreak> one = {certificate_that_ends(120 + 90, "shop.example", 120)};
  EXPECT_TRUE(foreseen_breaks(one, {}, {}, on_day(205)).empty());
  EXPECT_EQ(foreseen_breaks(one, renewed_on({0, 60, 120}), {}, on_day(205)).size(), 1U);
}

TEST(RenewalBook, CountsByTheDatesOfCertificatesAndForgivesAnEarlyOne) {
  const RenewalBook book = renewed_on({0, 60, 65, 125});
  const auto rhythm = book.rhythm("file /etc/nginx/shop.example.pem");
  ASSERT_TRUE(rhythm);
  EXPECT_EQ(rhythm->renewals, 3U);
  EXPECT_EQ(rhythm->every, Duration(days(60)));
  EXPECT_EQ(rhythm->due, on_day(185));
}

TEST(RenewalBook, AnOlderCertificatePutBackIsNoRenewal) {
  RenewalBook book = renewed_on({0, 60});
  book.note("file /etc/nginx/shop.example.pem", "certificate of 0", on_day(0), on_day(61));
  EXPECT_FALSE(book.rhythm("file /etc/nginx/shop.example.pem"));
}

TEST(RenewalBook, TheSameCertificateSeenAgainIsNoRenewal) {
  RenewalBook book;
  for (int day = 0; day < 100; ++day) book.note("slot", "one", on_day(0), on_day(day));
  EXPECT_FALSE(book.rhythm("slot"));
}

TEST(RenewalBook, SurvivesAsText) {
  const RenewalBook book = renewed_on({0, 60, 120}, "crl /etc/nginx/\"odd\".pem CN=a");
  const auto read = RenewalBook::from_json(book.to_json());
  ASSERT_TRUE(read) << read.error().message();
  EXPECT_EQ(read.value().to_json(), book.to_json());
  EXPECT_EQ(read.value().rhythm("crl /etc/nginx/\"odd\".pem CN=a")->due, on_day(180));
  for (const char* const damaged : {"", "{}", "[]", R"({"version":2,"slots":[]})", "\xff"})
    EXPECT_FALSE(RenewalBook::from_json(damaged)) << damaged;
}

TEST(RenewalBook, IsBounded) {
  RenewalBook book;
  for (std::size_t i = 0; i < RenewalBook::kMostSlots + 10; ++i)
    book.note("slot " + std::to_string(i), "one", on_day(0), on_day(static_cast<double>(i)));
  EXPECT_EQ(book.size(), RenewalBook::kMostSlots);
  for (int day = 0; day < 30; ++day)
    book.note("slot 5000", std::to_string(day), on_day(day), on_day(5000 + day));
  EXPECT_EQ(book.rhythm("slot 5000")->renewals, RenewalBook::kKeptIssues - 1);
}

}  // namespace
}  // namespace handshaked::diagnose
