#include "runtime/diagnosis/calendar.h"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>

#include <fstream>

#include "store/positions.h"
#include "support/temp_dir.h"
#include "unit/diagnose/test_pki.h"
#include "unit/store/rows.h"

namespace handshaked::runtime {
namespace {

using diagnose::TestIdentity;
using std::chrono::days;

/// A certificate of a listener, a daemon that looks ahead, and a clock that the test sets. Days
/// count from today.
class CalendarTest : public testing::Test {
 protected:
  CalendarTest() {
    std::ofstream(directory_ / "nginx.conf")
        << "events {}\nhttp { server { listen 127.0.0.1:8443 ssl; server_name shop.example;\n"
           "ssl_certificate shop.pem; ssl_certificate_key shop.key; } }\n";
    start();
  }

  void start(const std::string& kept = {}) {
    calendar_.reset();
    CalendarOptions options;
    options.host = "proxy-1";
    options.lead_times = {days(30), days(7), days(1)};
    options.first_look = options.look_interval = std::chrono::milliseconds(5);
    options.now = [this] { return now_; };
    calendar_.emplace(
        loop_.get_executor(), std::move(options),
        std::make_shared<NginxView>(
            diagnose::NginxPlace{.configuration = (directory_ / "nginx.conf").string(),
                                 .prefix = directory_.path().string(),
                                 .dump = {}},
            std::vector<std::string>(), std::vector<std::string>()),
        base_, correlator_, store_, [this] { ++looks_; });
    calendar_->restore(kept, {});
    calendar_->start();
  }

  void install(int from_days, int to_days) {
    TestIdentity::Options options;
    options.from_days = from_days;
    options.to_days = to_days;
    const TestIdentity leaf = root_.leaf("shop.example", options);
    std::ofstream(directory_ / "shop.key") << leaf.key_pem();
    std::ofstream(directory_ / "shop.pem") << leaf.pem();
  }

  /// Until the calendar has that as the end of what is served, and has said what follows.
  void wait_for_end(int to_days) {
    const Time end = begin_ + days(to_days);
    run_until([&] {
      const auto entries = calendar_->entries();
      return !entries.empty() && entries.front().at > end - days(1) &&
             entries.front().at < end + days(1);
    });
  }
  void wait_for_a_look() {
    const int before = looks_;
    run_until([&] { return looks_ > before; });
  }
  template <class Predicate>
  void run_until(Predicate holds) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::minutes(1);
    while (!holds() && std::chrono::steady_clock::now() < deadline) {
      loop_.restart();
      loop_.run_for(std::chrono::milliseconds(5));
    }
    ASSERT_TRUE(holds()) << "waited in vain";
  }

  /// "warning: shop.pem … ends …" of each open incident.
  std::vector<std::string> open() {
    (void)correlator_.advance(now_);
    std::vector<std::string> told;
    for (const correlate::Incident* const one : correlator_.incidents())
      told.push_back(one->diagnosis->members);
    return told;
  }

  test::TempDir directory_;
  const Time begin_ = wall_clock_now();
  Time now_ = begin_;
  TestIdentity root_ = TestIdentity::root("Test Root");
  boost::asio::io_context loop_{1};
  store::StoreThread store_{store::test::open_in_memory(), {}};
  std::shared_ptr<const RuleBase> base_ = std::make_shared<const RuleBase>(
      RuleBase{std::make_shared<const match::RuleSet>(std::vector<match::Rule>()), {}});
  correlate::Correlator correlator_{{}};
  int looks_ = 0;
  std::optional<Calendar> calendar_;
};

TEST_F(CalendarTest, OpensAtALeadTimeAndEndsWithTheNextCertificate) {
  install(-60, 40);
  wait_for_end(40);
  EXPECT_TRUE(open().empty());
  now_ += days(15);
  wait_for_a_look();
  ASSERT_EQ(open().size(), 1U);
  EXPECT_EQ(correlator_.incidents().front()->severity, match::Severity::info);
  now_ += days(20);
  wait_for_a_look();
  EXPECT_EQ(correlator_.incidents().front()->severity, match::Severity::warning);
  install(0, 90);
  wait_for_end(90);
  EXPECT_TRUE(open().empty());
}

TEST_F(CalendarTest, LearnsTheRhythmAcrossARestartAndTellsLateness) {
  install(-180, 20);
  wait_for_end(20);
  install(-120, 28);
  wait_for_end(28);
  EXPECT_EQ(open().size(), 1U) << "four weeks left, and no rhythm yet";
  auto kept = store_.call([](store::Database& database) {
    return store::Positions(database).find(Calendar::kRenewalsRow).value().value_or("");
  });
  start(kept.get());
  install(-60, 25);
  wait_for_end(25);
  EXPECT_TRUE(open().empty()) << "renewed every 60 days, and due today";
  now_ += days(9);
  wait_for_a_look();
  ASSERT_EQ(open().size(), 1U);
  EXPECT_NE(open().front().find("was renewed every 60 days and is 9 days late"), std::string::npos)
      << open().front();
}

}  // namespace
}  // namespace handshaked::runtime
