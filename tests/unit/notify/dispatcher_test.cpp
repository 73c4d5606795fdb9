#include "notify/dispatcher.h"

#include <gtest/gtest.h>

#include <set>

#include "unit/notify/some_incidents.h"

namespace handshaked::notify {
namespace {

using namespace std::chrono_literals;
using match::Severity;

TEST(Dispatcher, WaitsForTheGroupAndThenSaysItOnce) {
  Town town;
  town.see(incident_at(1, at(0)), at(0));
  EXPECT_EQ(town.told(at(0)), "");
  EXPECT_EQ(town.dispatcher.next_deadline(), at(10));
  EXPECT_EQ(town.told(at(9.9)), "");
  EXPECT_EQ(town.told(at(10)), "ops opened 1");
  EXPECT_EQ(town.told(at(11)), "");
  EXPECT_EQ(town.ids, std::vector<std::string>{"ops/inc-0000000000000001.opened.1"});
}

TEST(Dispatcher, WhatIsCriticalOrDiagnosedDoesNotWait) {
  Town town;
  town.see(incident_at(1, at(0), Severity::critical), at(0));
  EXPECT_EQ(town.told(at(0)), "ops opened 1");
  auto& other = town.see(incident_at(2, at(1)), at(1));
  EXPECT_EQ(town.told(at(1)), "");
  town.diagnose(other, "", at(3));
  EXPECT_EQ(town.told(at(3)), "ops opened 2");
  EXPECT_EQ(town.told(at(20)), "");
}

TEST(Dispatcher, ADiagnosisThatComesLaterIsAnEventOfItsOwn) {
  Town town;
  auto& incident = town.see(incident_at(1, at(0)), at(0));
  EXPECT_EQ(town.told(at(10)), "ops opened 1");
  town.diagnose(incident, "", at(30));
  EXPECT_EQ(town.told(at(30)), "ops diagnosed 1");
  EXPECT_EQ(town.told(at(31)), "");
}

TEST(Dispatcher, WhatTurnedOutWrongIsToldAgainAtOnceToThoseWhoHeardIt) {
  Town town({}, {people("chat")});
  auto& incident = town.see(incident_at(1, at(0)), at(0));
  town.diagnose(incident, "upstream_ca_not_trusted", at(1));
  EXPECT_EQ(town.told(at(1)), "chat opened 1");
  EXPECT_FALSE(town.corrected);
  town.diagnose(incident, "upstream_ca_not_trusted", at(5));  // the same cause, another cure
  EXPECT_EQ(town.told(at(5)), "chat diagnosed 1")
      << "not only when it is the group's turn, five minutes later";
  EXPECT_TRUE(town.corrected);
  EXPECT_EQ(town.told(at(6)), "");
  // What shows another face every time waits for its turn.
  int told = 0;
  for (int second = 10; second < 250; second += 10) {
    town.diagnose(incident, "upstream_ca_not_trusted", at(second));
    told += town.told(at(second)).empty() ? 0 : 1;
  }
  EXPECT_LE(told, 2);
}

TEST(Dispatcher, TellsTheEndToThoseWhoHeardOfTheBeginning) {
  Town town;
  auto& told = town.see(incident_at(1, at(0)), at(0));
  EXPECT_EQ(town.told(at(10)), "ops opened 1");
  auto& untold = town.see(incident_at(2, at(11)), at(11));
  town.resolve(untold, at(12));
  town.resolve(told, at(12));
  EXPECT_EQ(town.told(at(12)), "ops resolved 1");
  EXPECT_EQ(town.told(at(100)), "");
  EXPECT_EQ(town.dispatcher.groups(), 0U);
  EXPECT_TRUE(town.database.empty());
  EXPECT_FALSE(town.dispatcher.next_deadline());
}

TEST(Dispatcher, WhatComesBackIsReopenedUnderNewEventIds) {
  Town town;
  auto& incident = town.see(incident_at(1, at(0)), at(0));
  town.told(at(10));
  town.resolve(incident, at(1000));
  town.told(at(1000));
  town.reopen(incident, at(1200));
  EXPECT_EQ(town.told(at(1210)), "ops reopened 1");
  town.resolve(incident, at(3000));
  EXPECT_EQ(town.told(at(3000)), "ops resolved 1");
  EXPECT_EQ(std::set<std::string>(town.ids.begin(), town.ids.end()).size(), town.ids.size());
}

TEST(Dispatcher, FortyPlacesOfOneCauseAreOneMessageToPeople) {
  Town town({}, {people("chat"), {.name = "machine"}});
  for (int i = 1; i <= 40; ++i) town.see(incident_at(i, at(0)), at(i * 0.1));
  std::string machine;
  for (int i = 1; i <= 40; ++i)
    machine += std::string(machine.empty() ? "" : "; ") + "machine opened " + std::to_string(i);
  const std::string told = town.told(at(20));
  EXPECT_EQ(std::count(town.ids.begin(), town.ids.end(), "chat/inc-0000000000000001.opened.1"), 1);
  EXPECT_NE(told.find("chat opened 1+39"), std::string::npos) << told;
  EXPECT_EQ(town.ids.size(), 41U);
  // Those that come later are told when it is the group's turn again, and what is critical at once.
  town.see(incident_at(41, at(30)), at(30));
  EXPECT_EQ(town.told(at(60)), "machine opened 41");
  EXPECT_EQ(town.told(at(320)), "chat opened 41+40");
  town.see(incident_at(42, at(330), Severity::critical), at(330));
  EXPECT_NE(town.told(at(330)).find("chat opened 42"), std::string::npos);
  // The end is one message as well, when all of it is over.
  for (int i = 1; i <= 41; ++i) town.resolve(town.live[incident_at(i, at(0)).id], at(2000));
  EXPECT_EQ(town.told(at(2000)).find("chat"), std::string::npos);
  town.resolve(town.live[incident_at(42, at(0)).id], at(2100));
  EXPECT_NE(town.told(at(2100)).find("chat resolved"), std::string::npos);
}

TEST(Dispatcher, AGroupIsHeadedByTheWorstNowAndNotByWhatOpenedFirst) {
  Town town({}, {people("chat")});
  for (const auto& [number, lines] : {std::pair(1, 3), {2, 40}, {3, 12}, {4, 3}}) {
    correlate::Incident incident = incident_at(number, at(number));
    incident.window.add(at(number), static_cast<std::uint64_t>(lines));
    incident.count = static_cast<std::uint64_t>(lines);
    if (number == 3)
      incident.diagnosis =
          std::make_shared<correlate::DiagnosisNote>();  // who knows why speaks only among equals
    town.see(std::move(incident), at(number));
  }
  const auto decisions = town.dispatcher.advance(at(15), town);
  ASSERT_EQ(decisions.notices.size(), 1U);
  std::string order;
  for (const correlate::Incident* const incident : decisions.notices[0].incidents)
    order += incident->id.text().back();
  EXPECT_EQ(order, "2341");
  EXPECT_EQ(decisions.notices[0].incident->id.text().back(), '2');
}

TEST(Dispatcher, AnIncidentWhoseCauseIsFoundInTimeGoesToThatGroup) {
  Town town({}, {people("chat")});
  town.see(incident_at(1, at(0)), at(0));
  auto& other = town.see(incident_at(2, at(0)), at(0));
  town.diagnose(other, "upstream_certificate_expired", at(2));
  EXPECT_EQ(town.told(at(2)), "chat opened 2");
  EXPECT_EQ(town.told(at(10)), "chat opened 1");
}

/// As the daemon does it: a diagnosis is under way, at most for group_wait.
correlate::Incident& see_and_diagnose_later(Town& town, int number, Time now) {
  auto incident = incident_at(number, now);
  incident.diagnosing_until = now + 10s;
  return town.see(std::move(incident), now);
}

void find_cause(Town& town, correlate::Incident& incident, const std::string& cause, Time now) {
  incident.diagnosing_until.reset();
  town.diagnose(incident, cause, now);
}

TEST(Dispatcher, AStormIsOneMessageForEachCauseOnceAllAreDiagnosed) {
  Town town({}, {people("chat")});
  std::vector<correlate::Incident*> storm;
  for (int i = 1; i <= 60; ++i) storm.push_back(&see_and_diagnose_later(town, i, at(i * 0.01)));
  // One after the other; two causes take turns.
  for (int i = 0; i < 60; ++i) {
    const Time now = at(1 + i * 0.1);
    EXPECT_EQ(town.told(now), "") << i;
    find_cause(town, *storm[static_cast<std::size_t>(i)], i % 2 == 0 ? "expired" : "wrong_name",
               now);
  }
  EXPECT_EQ(town.told(at(7)), "chat opened 60+29; chat opened 59+29");
  EXPECT_EQ(town.told(at(300)), "");
}

TEST(Dispatcher, AStormIsToldWhenGroupWaitEndsAndItsGrowthOnceAfterGroupInterval) {
  Town town({}, {people("chat")});
  std::vector<correlate::Incident*> storm;
  for (int i = 1; i <= 50; ++i) storm.push_back(&see_and_diagnose_later(town, i, at(0)));
  for (std::size_t i = 0; i < 30; ++i) find_cause(town, *storm[i], "expired", at(1));
  EXPECT_EQ(town.told(at(9.9)), "");
  EXPECT_EQ(town.told(at(10)),
            "chat opened 31+19; chat opened 1+29");  // the first may have any cause
  for (std::size_t i = 30; i < 50; ++i)
    find_cause(town, *storm[i], "expired", at(12 + static_cast<double>(i) / 10));
  find_cause(town, see_and_diagnose_later(town, 51, at(20)), "expired", at(21));
  EXPECT_EQ(town.told(at(30)), "");
  EXPECT_EQ(town.told(at(309)), "");
  EXPECT_EQ(town.told(at(310)), "chat opened 51+50");
  EXPECT_EQ(town.told(at(3000)), "");
}

TEST(Dispatcher, ACauseThatComesAfterTheFirstWordIsSaidOnceForAllOfThem) {
  Town town({}, {people("chat")});
  std::vector<correlate::Incident*> storm;
  for (int i = 1; i <= 5; ++i) storm.push_back(&see_and_diagnose_later(town, i, at(0)));
  EXPECT_EQ(town.told(at(10)), "chat opened 1+4");
  for (std::size_t i = 0; i < 5; ++i) {
    EXPECT_EQ(town.told(at(11 + static_cast<double>(i))), "");
    find_cause(town, *storm[i], "expired", at(11 + static_cast<double>(i)));
  }
  EXPECT_EQ(town.told(at(16)), "chat diagnosed 1+4");
  EXPECT_EQ(town.told(at(1000)), "");
}

TEST(Dispatcher, WhatCannotBeDiagnosedGoesWithWhatCan) {
  Town town({}, {people("chat")});
  auto& first = see_and_diagnose_later(town, 1, at(0));
  auto& second = see_and_diagnose_later(town, 2, at(0));
  find_cause(town, first, "upstream_ca_not_trusted", at(1));
  second.diagnosing_until.reset();  // given up: its likeliest cause is the same
  town.seen(second, at(2));
  EXPECT_EQ(town.told(at(2)), "chat opened 1+1");
}

TEST(Dispatcher, ADiagnosisThatARestartCutShortHoldsUpNobody) {
  Town town({}, {people("chat")});
  auto& old = town.live["inc-0000000000000001"] = incident_at(1, at(0));
  old.diagnosing_until = at(10);
  town.dispatcher.observe(old, at(1000), at(0));
  EXPECT_EQ(town.told(at(1000)), "chat opened 1") << "it has waited since it opened";
  auto& fresh = see_and_diagnose_later(town, 2, at(1001));
  find_cause(town, fresh, "expired", at(1002));
  EXPECT_EQ(town.told(at(1002)), "chat opened 2");
}

TEST(Dispatcher, WhatIsGoneWhileItWasBeingDiagnosedHoldsUpNobody) {
  Town town({}, {people("chat")});
  town.live.erase(see_and_diagnose_later(town, 1, at(0)).id);
  auto other = incident_at(2, at(5));
  other.likeliest_cause = "upstream_name_mismatch";
  auto& found = town.see(std::move(other), at(5));
  find_cause(town, found, "expired", at(6));
  EXPECT_EQ(town.told(at(9.9)), "");
  EXPECT_EQ(town.told(at(10)), "chat opened 2");
}

TEST(Dispatcher, ACrowdOfCriticalOnesIsNotOneMessageEach) {
  Town town({}, {people("chat")});
  for (int i = 1; i <= 40; ++i) {
    town.see(incident_at(i, at(i * 0.1), Severity::critical), at(i * 0.1));
    EXPECT_EQ(town.told(at(i * 0.1)), i == 1 ? "chat opened 1" : "") << i;
  }
  EXPECT_EQ(town.told(at(10.1)), "chat opened 40+39");
}

TEST(Dispatcher, RemindsBySeverityAndNotThoseWhoRemindThemselves) {
  Town town({}, {{.name = "ops"}, {.name = "pager", .for_people = false, .repeats = false}});
  town.see(incident_at(1, at(0), Severity::critical), at(0));
  town.see(incident_at(2, at(0)), at(0));
  town.told(at(10));
  EXPECT_EQ(town.told(at(4 * 3600 + 9)), "");
  EXPECT_EQ(town.told(at(4 * 3600 + 10)), "ops updated 1");
  EXPECT_EQ(town.told(at(24 * 3600 + 10)), "ops updated 1; ops updated 2");
}

TEST(Dispatcher, GrowthIsForMachinesAndBounded) {
  Town town({}, {{.name = "machine"}, people("chat")});
  auto& incident = town.see(incident_at(1, at(0)), at(0));
  town.told(at(10));
  int updates = 0;
  for (int second = 20; second < 7200; ++second) {
    incident.count += 1000;
    town.seen(incident, at(second));
    const std::string told = town.told(at(second));
    EXPECT_EQ(told.find("chat"), std::string::npos) << told;
    updates += told.empty() ? 0 : 1;
  }
  EXPECT_GE(updates, 2);
  EXPECT_LE(updates, 7);  // seven million lines: a doubling each
  incident.severity = Severity::critical;
  town.seen(incident, at(7300));
  EXPECT_EQ(town.told(at(7300)), "chat updated 1; machine updated 1");
}

TEST(Dispatcher, TwoUpdatesWithinASecondAreTwoEvents) {
  Town town({}, {{.name = "machine"}});
  auto& incident = town.see(incident_at(1, at(0), Severity::info), at(0));
  town.told(at(10));
  incident.flapping = true;
  town.seen(incident, at(400.2));
  EXPECT_EQ(town.told(at(400.2)), "machine updated 1");
  incident.severity = Severity::critical;
  town.seen(incident, at(400.7));
  EXPECT_EQ(town.told(at(400.7)), "");
  EXPECT_EQ(town.told(at(401)), "machine updated 1");
  EXPECT_EQ(std::set(town.ids.begin(), town.ids.end()).size(), 3U)
      << "each has a number of its own";
}

TEST(Dispatcher, ThatAFaultTurnedOutToBeAnotherIsToldOnce) {
  Town town({}, {{.name = "machine"}, people("chat")});
  auto& incident = town.see(incident_at(1, at(0)), at(0));
  town.told(at(10));
  incident.become(correlate::Fingerprint("v1:" + std::string(32, '2')));
  town.seen(incident, at(10));
  EXPECT_EQ(town.told(at(10)), "") << "its number is a second of its own";
  EXPECT_EQ(town.told(at(11)), "machine updated 1");
  for (int second = 12; second < 310; ++second) EXPECT_EQ(town.told(at(second)), "");
  EXPECT_EQ(town.told(at(310)), "chat updated 1") << "people hear of it when it is their turn";
  for (int second = 311; second < 700; ++second) EXPECT_EQ(town.told(at(second)), "");
  Town next({}, {{.name = "machine"}, people("chat")});
  for (const auto& [key, json] : town.database)
    next.dispatcher.restore(notification_record_from_json(key.first, key.second, json).value());
  next.see(incident, at(710));
  EXPECT_EQ(next.told(at(720)), "") << "it was told before the restart";
}

TEST(Dispatcher, ASilenceHoldsBackUntilItEndsButNotTheEnd) {
  Town town;
  auto& before = town.see(incident_at(1, at(0)), at(0));
  town.told(at(10));
  Silence silence;
  silence.matchers = {matcher("server=www")};
  silence.starts_at = at(20);
  silence.ends_at = at(600);
  const std::string id = town.dispatcher.change_silences().add(silence, at(20)).value().id;
  auto& passing = town.see(incident_at(2, at(30)), at(30));
  town.see(incident_at(3, at(30), Severity::critical), at(30));
  EXPECT_EQ(town.told(at(40)), "");
  EXPECT_EQ(town.dispatcher.silencing(passing, at(40)), std::vector<std::string>{id});
  town.resolve(before, at(50));
  town.resolve(passing, at(50));
  EXPECT_EQ(town.told(at(50)), "ops resolved 1");
  EXPECT_EQ(town.dispatcher.next_deadline(), at(600));
  EXPECT_EQ(town.told(at(600)), "ops opened 3");
}

TEST(Dispatcher, AnExpiredSilenceHoldsNothing) {
  Town town;
  Silence silence{.id = "",
                  .matchers = {matcher("rule=~nginx/.*")},
                  .starts_at = at(0),
                  .ends_at = at(3600),
                  .created_at = {},
                  .created_by = "",
                  .comment = ""};
  const auto added = town.dispatcher.change_silences().add(silence, at(0));
  town.see(incident_at(1, at(0)), at(0));
  EXPECT_EQ(town.told(at(20)), "");
  EXPECT_TRUE(town.dispatcher.change_silences().expire(added.value().id, at(30)));
  EXPECT_EQ(town.told(at(30)), "ops opened 1");
}

TEST(Dispatcher, MaintenanceHoldsBackEveryWeek) {
  MaintenanceWindow window;
  window.name = "backups";
  window.days.set(6);  // it is Saturday
  window.start = 12h;
  window.end = 13h;
  window.zone = parse::TimeZone::named("UTC").value();
  Town town({}, {{.name = "ops"}}, {window});
  const auto& incident = town.see(incident_at(1, at(60)), at(60));
  EXPECT_EQ(town.dispatcher.silencing(incident, at(60)),
            std::vector<std::string>{"maintenance:backups"});
  EXPECT_EQ(town.told(at(80)), "");
  EXPECT_EQ(town.told(at(3600)), "ops opened 1");
}

TEST(Dispatcher, WhatWasMissedIsOneDigest) {
  Town town({}, {people("chat")});
  for (int i = 1; i <= 5; ++i) {
    auto incident = incident_at(i, at(0), i == 3 ? Severity::critical : Severity::warning);
    incident.late = true;
    incident.rule_id = "nginx/" + std::to_string(i);
    incident.likeliest_cause = std::to_string(i);
    town.see(std::move(incident), at(0));
  }
  EXPECT_EQ(town.told(at(29)), "");
  // One of them goes on: it is told with its own kind.
  auto& going_on = town.live[incident_at(5, at(0)).id];
  going_on.late = false;
  town.seen(going_on, at(5));
  EXPECT_EQ(town.told(at(15)), "chat opened 5");
  EXPECT_EQ(town.told(at(30)), "chat opened 3+3");
}

TEST(Dispatcher, RoutesDecideWhoIsTold) {
  Route database{.name = "db",
                 .matchers = {matcher("server=~www|db.*"), matcher("upstream=10.0.0.1:443")},
                 .receivers = {"dba"},
                 .goes_on = false,
                 .pace = {}};
  database.pace.send_resolved = false;
  Route quiet{.name = "quiet",
              .matchers = {matcher("severity=info")},
              .receivers = {},
              .goes_on = false,
              .pace = {}};
  Route copy{.name = "copy",
             .matchers = {matcher("upstream=~.*")},
             .receivers = {"ops"},
             .goes_on = true,
             .pace = {}};
  copy.pace.events = {event::EventKind::opened};
  Town town({copy, database, quiet}, {{.name = "ops"}, {.name = "dba"}, {.name = "other"}});
  auto& first = town.see(incident_at(1, at(0)), at(0));
  auto& second = town.see(incident_at(2, at(0), Severity::info), at(0));
  auto& third = town.see(incident_at(3, at(0)), at(0));
  EXPECT_EQ(town.told(at(10)), "ops opened 1; dba opened 1; ops opened 2; ops opened 3");
  for (auto* const incident : {&first, &second, &third}) town.resolve(*incident, at(20));
  EXPECT_EQ(town.told(at(20)), "");
  auto elsewhere = incident_at(4, at(30));
  elsewhere.place = {.side = parse::Side::config,
                     .peer = "",
                     .name = "",
                     .server = "",
                     .object = "/etc/x",
                     .scheme = ""};
  Town without({database}, {{.name = "ops"}, {.name = "dba"}});
  without.see(elsewhere, at(30));
  EXPECT_EQ(without.told(at(40)),
            "ops opened 4; dba opened 4");  // no route matches: nobody is forgotten
}

TEST(Dispatcher, NoiseAndHistoryAreNobodysBusiness) {
  Town town;
  auto noise = incident_at(1, at(0));
  noise.noise = true;
  auto history = incident_at(2, at(0));
  history.history = true;
  town.see(noise, at(0));
  town.see(history, at(0));
  EXPECT_EQ(town.told(at(3600)), "");
  EXPECT_EQ(town.dispatcher.groups(), 0U);
}

TEST(Dispatcher, AThousandFaultsAreABoundedNumberOfMessages) {
  Town town({}, {{.name = "machine"}, people("chat")});
  for (int second = 0; second < 3600; ++second) {
    for (int i = second; i < 1000 && i < second + 10; ++i) {
      auto incident = incident_at(i + 1, at(second));
      incident.likeliest_cause = "cause-" + std::to_string(i % 4);
      town.see(std::move(incident), at(second));
    }
    if (second % 10 == 0) {
      for (auto& [id, incident] : town.live) {
        incident.count += 250;
        town.seen(incident, at(second));
      }
    }
    town.told(at(second));
  }
  const auto of = [&](const std::string& name) {
    return std::count_if(town.ids.begin(), town.ids.end(),
                         [&](const std::string& id) { return id.starts_with(name); });
  };
  EXPECT_LE(of("chat"), 4 * 13);        // four causes, at most once in five minutes
  EXPECT_LE(of("machine"), 1000 * 12);  // each opens once and doubles a few times
  EXPECT_GE(of("machine"), 1000);
}

TEST(Dispatcher, WhatIsForeseenIsToldWithEachStepAndNotInBetween) {
  Town town({}, {people("chat")});
  correlate::Incident coming = incident_at(1, at(0), Severity::info);
  coming.foreseen = correlate::Foreseen{.at = at(30 * 86400.0), .step = 1};
  auto& incident = town.see(coming, at(0));
  town.diagnose(incident, "will_break", at(0));
  EXPECT_EQ(town.told(at(0)), "chat opened 1");
  for (int day = 1; day < 20; ++day) EXPECT_EQ(town.told(at(day * 86400.0)), "") << "day " << day;
  incident.foreseen->step = 2;
  town.seen(incident, at(23 * 86400.0));
  EXPECT_EQ(town.told(at(23 * 86400.0)), "chat updated 1");
  EXPECT_EQ(town.told(at(24 * 86400.0)), "");
  town.resolve(incident, at(25 * 86400.0));
  EXPECT_EQ(town.told(at(25 * 86400.0)), "chat resolved 1");
}

}  // namespace
}  // namespace handshaked::notify
