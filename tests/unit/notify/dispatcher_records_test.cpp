// What a dispatcher still knows after a restart, and after a change of routes.
#include <gtest/gtest.h>

#include <set>

#include "notify/dispatcher.h"
#include "unit/notify/some_incidents.h"

namespace handshaked::notify {
namespace {

using match::Severity;

/// Everything is lost but the database and the incidents, at any moment: what receivers see is the
/// same.
TEST(DispatcherRecords, ARestartForgetsNothingAndRepeatsNothing) {
  const auto play = [](int restart_at) {
    const std::vector<ReceiverPolicy> receivers = {{.name = "ops"}, people("chat")};
    auto town = std::make_unique<Town>(std::vector<Route>{}, receivers);
    std::set<std::string> ids;
    for (int second = 0; second < 900; ++second) {
      const Time now = at(second);
      if (second == 0 || second == 5 || second == 100) town->see(incident_at(second + 1, now), now);
      if (second == 200) town->resolve(town->live[incident_at(1, now).id], now);
      if (second == 400) town->reopen(town->live[incident_at(1, now).id], now);
      if (second == 700) {
        for (auto& [id, incident] : town->live) {
          if (incident.status == correlate::Status::open) town->resolve(incident, now);
        }
      }
      if (second == restart_at) {
        auto next = std::make_unique<Town>(std::vector<Route>{}, receivers);
        for (const auto& [key, json] : town->database)
          next->dispatcher.restore(
              notification_record_from_json(key.first, key.second, json).value());
        next->database = town->database;
        next->live = town->live;
        ids.insert(town->ids.begin(), town->ids.end());
        for (const auto& [id, incident] : next->live) next->dispatcher.observe(incident, now);
        town = std::move(next);
      }
      town->told(now);
    }
    const std::size_t repeated = ids.size() + town->ids.size();
    ids.insert(town->ids.begin(), town->ids.end());
    EXPECT_EQ(repeated, ids.size()) << "told twice after a restart at " << restart_at;
    EXPECT_TRUE(town->database.empty());
    return ids;
  };
  const auto wanted = play(-1);
  EXPECT_GE(wanted.size(), 9U);
  for (int second = 1; second < 900; second += second < 20 ? 1 : 13)
    EXPECT_EQ(play(second), wanted) << "restart at " << second;
}

TEST(DispatcherRecords, AStepThatWasToldIsKnownAfterARestart) {
  Town town;
  correlate::Incident coming = incident_at(1, at(0), Severity::info);
  coming.foreseen = correlate::Foreseen{.at = at(30 * 86400.0), .step = 2};
  auto& incident = town.see(coming, at(0));
  EXPECT_EQ(town.told(at(10)), "ops opened 1");
  const auto told = notification_record_from_json("ops", incident.id.text(),
                                                  town.database.at({"ops", incident.id}));
  ASSERT_TRUE(told);
  EXPECT_EQ(told.value().step, 2U);
  Town next;
  next.dispatcher.restore(told.value());
  next.see(incident, at(20));
  EXPECT_EQ(next.told(at(86400)), "");
  next.live[incident.id].foreseen->step = 3;
  next.seen(next.live[incident.id], at(90000));
  EXPECT_EQ(next.told(at(90000)), "ops updated 1");
}

Router router_to(std::vector<ReceiverPolicy> receivers) {
  return Router({}, std::move(receivers), std::chrono::seconds(10));
}

TEST(DispatcherRecords, OtherReceiversAreToldWhatIsOpenAndThoseThatStayNothingTwice) {
  Town town({}, {{.name = "old"}, {.name = "stays"}});
  auto& told = town.see(incident_at(1, at(0)), at(0));
  EXPECT_EQ(town.told(at(10)), "old opened 1; stays opened 1");
  town.see(incident_at(2, at(15)), at(15));
  std::vector<const correlate::Incident*> live;
  for (const auto& [id, incident] : town.live) live.push_back(&incident);
  town.dispatcher.use_routes(router_to({{.name = "stays"}, {.name = "new"}}), {}, live, {}, at(20));
  EXPECT_EQ(town.told(at(24)), "");
  EXPECT_EQ(town.told(at(25)), "stays opened 2; new opened 2");  // it goes on waiting since 15
  EXPECT_EQ(town.told(at(30)), "new opened 1");
  town.resolve(told, at(40));
  EXPECT_EQ(town.told(at(40)), "stays resolved 1; new resolved 1");
  EXPECT_EQ(town.told(at(100)), "");
}

TEST(DispatcherRecords, AnEndThatWaitsAndSilencesOutliveAChangeOfRoutes) {
  Town town({}, {people("chat")});
  auto& first = town.see(incident_at(1, at(0)), at(0));
  town.see(incident_at(2, at(0)), at(0));
  EXPECT_EQ(town.told(at(10)), "chat opened 1+1");
  town.resolve(first, at(20));  // told when all of the group is over
  Silence silence;
  silence.matchers = {matcher("upstream=10.0.0.3:443")};
  silence.starts_at = at(0);
  silence.ends_at = at(10'000);
  ASSERT_TRUE(town.dispatcher.change_silences().add(silence, at(20)));
  auto& second = town.live[incident_at(2, at(0)).id];
  town.dispatcher.use_routes(router_to({people("chat")}), {}, {&second}, {}, at(25));
  town.see(incident_at(3, at(26)), at(26));
  EXPECT_EQ(town.told(at(2000)), "");
  town.resolve(second, at(2100));
  town.resolve(town.live[incident_at(3, at(0)).id], at(2100));
  EXPECT_EQ(town.told(at(2100)), "chat resolved 1+1");
}

}  // namespace
}  // namespace handshaked::notify
