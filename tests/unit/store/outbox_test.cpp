#include "store/outbox.h"

#include "rows.h"
#include "store/database/connection.h"

namespace handshaked::store::test {
namespace {

class OutboxTest : public testing::Test {
 protected:
  void queue(const std::vector<NewDelivery>& deliveries) {
    ASSERT_OK(database_.apply({.deliveries = deliveries}));
  }

  std::vector<std::string> due(std::int64_t seconds = 1, const std::string& receiver = "hook",
                               std::size_t limit = 100) {
    const auto rows = outbox_.due(receiver, at(seconds), limit);
    std::vector<std::string> events;
    for (const OutboxRow& row : rows.value()) events.push_back(row.event_id);
    return events;
  }

  DeliveryId id_of(const std::string& event, std::int64_t seconds = 1'000'000) {
    for (const OutboxRow& row : value_of(outbox_.due("hook", at(seconds), 1000))) {
      if (row.event_id == event) return row.id;
    }
    for (const OutboxRow& row : value_of(outbox_.list_dead("", 1000))) {
      if (row.event_id == event) return row.id;
    }
    return {};
  }

  using Events = std::vector<std::string>;
  Database database_ = open_in_memory();
  Outbox outbox_{database_};
};

TEST_F(OutboxTest, GivesARowAsItWasQueued) {
  NewDelivery queued = delivery("e", "i", "hook", at(3));
  queued.body = R"({"a":"ü"})";
  queue({queued});
  EXPECT_EQ(due(2), Events{});
  const auto rows = outbox_.due("hook", at(3), 10);
  ASSERT_OK(rows);
  ASSERT_EQ(rows.value().size(), 1U);
  const OutboxRow& row = rows.value()[0];
  EXPECT_GT(row.id.value, 0);
  EXPECT_EQ(row.event_type, queued.event_type);
  EXPECT_EQ(row.incident_id, "i");
  EXPECT_EQ(row.status, DeliveryStatus::ready);
  EXPECT_EQ(row.created_at, at(0));
  EXPECT_EQ(row.not_before, at(3));
  EXPECT_EQ(row.attempts, 0U);
  EXPECT_EQ(row.body, queued.body);
}

TEST_F(OutboxTest, WritesABodyOnceForTheReceiversThatGetTheSame) {
  NewDelivery german = delivery("e", "i", "c");
  german.body = R"({"a":"ü"})";
  queue({delivery("e", "i", "a"), delivery("e", "i", "b"), german, delivery("e", "i", "a")});
  Connection& connection = database_.connection();
  EXPECT_EQ(connection.read_integer("SELECT count(*) FROM outbox"), 3);
  EXPECT_EQ(connection.read_integer("SELECT count(*) FROM event_bodies"), 2);
  EXPECT_EQ(value_of(outbox_.due("b", at(1), 10)).at(0).body, "{}");
  EXPECT_EQ(value_of(outbox_.due("c", at(1), 10)).at(0).body, german.body);
  ASSERT_OK(
      outbox_.mark({.copies = {{value_of(outbox_.due("c", at(1), 10)).at(0).id, "d"}}}, at(2)));
  EXPECT_EQ(value_of(outbox_.due("d", at(3), 10)).at(0).body, german.body);
  EXPECT_EQ(connection.read_integer("SELECT count(*) FROM event_bodies"), 2);
}

TEST_F(OutboxTest, PassesOverWhatIsHeld) {
  queue({delivery("1", "i"), delivery("2", "j"), delivery("3", "k"), delivery("4", "l")});
  const std::set<DeliveryId> held = {id_of("1"), id_of("3")};
  const auto rows = value_of(outbox_.due("hook", at(1), 1, held));
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows[0].event_id, "2");
  EXPECT_EQ(value_of(outbox_.due("hook", at(1), 10, held)).size(), 2U);
}

TEST_F(OutboxTest, HoldsBackALaterEventOfOneIncidentUntilTheEarlierArrived) {
  queue({delivery("opened", "i"), delivery("updated", "i"), delivery("resolved", "i"),
         delivery("other", "j")});
  EXPECT_EQ(due(), (Events{"opened", "other"}));
  ASSERT_OK(outbox_.mark_delivered({id_of("opened")}, at(2)));
  EXPECT_EQ(due(), (Events{"updated", "other"}));
  ASSERT_OK(outbox_.mark_delivered({id_of("updated"), id_of("other")}, at(2)));
  EXPECT_EQ(due(), Events{"resolved"});
}

TEST_F(OutboxTest, HoldsBackOnlyForTheSameReceiver) {
  queue({delivery("opened", "i", "hook"), delivery("opened", "i", "syslog"),
         delivery("resolved", "i", "syslog")});
  EXPECT_EQ(due(1, "syslog"), Events{"opened"});
  ASSERT_OK(outbox_.mark_delivered({outbox_.due("syslog", at(1), 1).value()[0].id}, at(1)));
  EXPECT_EQ(due(1, "syslog"), Events{"resolved"});
  EXPECT_EQ(due(1, "hook"), Events{"opened"});
}

TEST_F(OutboxTest, DeliveriesOfNoIncidentDoNotWaitForEachOther) {
  queue({delivery("a", ""), delivery("b", "")});
  EXPECT_EQ(due(), (Events{"a", "b"}));
}

TEST_F(OutboxTest, AFailedAttemptWaitsAndSoDoesWhatIsBehindIt) {
  queue({delivery("opened", "i"), delivery("resolved", "i")});
  ASSERT_OK(outbox_.mark_retry(id_of("opened"), at(60), 1, "connection refused"));
  EXPECT_EQ(due(59), Events{});
  EXPECT_EQ(outbox_.next_due("hook").value(),
            at(60));  // not the second one's, which could not be sent
  const auto rows = outbox_.due("hook", at(60), 10).value();
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows[0].attempts, 1U);
  EXPECT_EQ(rows[0].last_error, "connection refused");
}

TEST_F(OutboxTest, KnowsWhenTheNextIsDue) {
  EXPECT_FALSE(outbox_.next_due("hook").value());
  queue({delivery("late", "i", "hook", at(90)), delivery("soon", "j", "hook", at(30)),
         delivery("else", "k", "syslog", at(1))});
  EXPECT_EQ(outbox_.next_due("hook").value(), at(30));
  ASSERT_OK(outbox_.mark_delivered({id_of("late"), id_of("soon")}, at(91)));
  EXPECT_FALSE(outbox_.next_due("hook").value());
}

TEST_F(OutboxTest, KeepsTheLimitAndTheOrderOfBeingDue) {
  queue({delivery("c", "1", "hook", at(3)), delivery("a", "2", "hook", at(1)),
         delivery("b", "3", "hook", at(2))});
  EXPECT_EQ(due(5), (Events{"a", "b", "c"}));
  EXPECT_EQ(due(5, "hook", 2), (Events{"a", "b"}));
}

TEST_F(OutboxTest, WhatIsGivenUpLetsTheNextGoAndIsKeptInTheDeadLetterList) {
  queue({delivery("opened", "i"), delivery("resolved", "i")});
  ASSERT_OK(outbox_.mark_dead(id_of("opened"), "410 Gone", at(7)));
  EXPECT_EQ(due(), Events{"resolved"});
  const auto dead = outbox_.list_dead("hook", 10).value();
  ASSERT_EQ(dead.size(), 1U);
  EXPECT_EQ(dead[0].last_error, "410 Gone");
  EXPECT_EQ(dead[0].finished_at, at(7));
  EXPECT_EQ(dead[0].attempts, 1U);
  EXPECT_TRUE(outbox_.list_dead("syslog", 10).value().empty());
  EXPECT_EQ(outbox_.list_dead("", 10).value().size(), 1U);
}

TEST_F(OutboxTest, ADeadDeliveryTriedAgainGoesBeforeWhatWasQueuedAfterIt) {
  queue({delivery("opened", "i"), delivery("resolved", "i")});
  const DeliveryId opened = id_of("opened");
  ASSERT_OK(outbox_.mark_dead(opened, "timeout", at(7)));
  EXPECT_EQ(outbox_.retry_dead(std::vector{opened}, at(8)).value(), 1U);
  EXPECT_EQ(outbox_.retry_dead(std::vector{opened}, at(8)).value(), 0U);
  EXPECT_EQ(due(8), Events{"opened"});
  EXPECT_EQ(outbox_.find(opened).value()->attempts, 0U);
  EXPECT_FALSE(outbox_.find(opened).value()->finished_at);
  ASSERT_OK(outbox_.mark_delivered({opened}, at(9)));
  EXPECT_EQ(due(9), Events{"resolved"});
}

TEST_F(OutboxTest, ADeliveryUnderWayMayBeMarkedAlthoughAnotherWasPutBeforeIt) {
  queue({delivery("opened", "i"), delivery("resolved", "i")});
  const DeliveryId opened = id_of("opened");
  ASSERT_OK(outbox_.mark_dead(opened, "timeout", at(7)));
  const DeliveryId resolved = id_of("resolved");  // being sent now
  ASSERT_OK(outbox_.retry_dead(std::vector{opened}, at(8)));
  ASSERT_OK(outbox_.mark_delivered({resolved}, at(9)));
  EXPECT_EQ(due(9), Events{"opened"});
  ASSERT_OK(outbox_.mark_delivered({opened}, at(9)));
  EXPECT_EQ(due(9), Events{});
}

TEST_F(OutboxTest, DiscardingTakesAwayWaitingAndDeadOnes) {
  queue({delivery("a", "i"), delivery("b", "i"), delivery("c", "j")});
  const std::vector ids = {id_of("a"), id_of("c")};
  ASSERT_OK(outbox_.mark_dead(id_of("c"), "gone", at(1)));
  EXPECT_EQ(outbox_.discard(ids, at(2)).value(), 2U);
  EXPECT_EQ(outbox_.discard(ids, at(2)).value(), 0U);
  EXPECT_EQ(due(), Events{"b"});
  EXPECT_TRUE(outbox_.list_dead("", 10).value().empty());
}

TEST_F(OutboxTest, AnAnswerThatComesTwiceChangesNothing) {
  queue({delivery("a", "i")});
  const DeliveryId id = id_of("a");
  ASSERT_OK(outbox_.mark_delivered({id}, at(1)));
  ASSERT_OK(outbox_.mark_delivered({id, DeliveryId{12345}}, at(2)));
  ASSERT_OK(outbox_.mark_retry(id, at(5), 3, "late answer"));
  ASSERT_OK(outbox_.mark_dead(id, "late answer", at(5)));
  const auto row = outbox_.find(id).value();
  ASSERT_TRUE(row);
  EXPECT_EQ(row->status, DeliveryStatus::delivered);
  EXPECT_EQ(row->finished_at, at(1));
  EXPECT_EQ(row->attempts, 0U);
}

TEST_F(OutboxTest, MarksAWholeRoundTogether) {
  queue({delivery("a", "1"), delivery("b", "2"), delivery("c", "3")});
  ASSERT_OK(outbox_.mark({.delivered = {id_of("a")},
                          .retries = {{id_of("b"), at(50), 2, "503"}},
                          .dead = {{id_of("c"), "400"}}},
                         at(3)));
  const auto counts = outbox_.count().value();
  ASSERT_EQ(counts.size(), 1U);
  EXPECT_EQ(counts[0].waiting, 1);
  EXPECT_EQ(counts[0].delivered, 1);
  EXPECT_EQ(counts[0].dead, 1);
}

TEST_F(OutboxTest, CountsByReceiver) {
  NewDelivery older = delivery("a", "i", "hook");
  older.created_at = at(-5);
  queue({delivery("z", "i", "hook"), older, delivery("a", "i", "syslog")});
  ASSERT_OK(outbox_.mark_delivered({outbox_.due("syslog", at(1), 1).value()[0].id}, at(1)));
  const auto counts = outbox_.count().value();
  ASSERT_EQ(counts.size(), 2U);
  EXPECT_EQ(counts[0].receiver, "hook");
  EXPECT_EQ(counts[0].waiting, 2);
  EXPECT_EQ(counts[0].oldest_waiting, at(-5));
  EXPECT_EQ(counts[1].receiver, "syslog");
  EXPECT_EQ(counts[1].waiting, 0);
  EXPECT_EQ(counts[1].delivered, 1);
  EXPECT_FALSE(counts[1].oldest_waiting);
}

TEST_F(OutboxTest, NeverUsesANumberTwice) {
  queue({delivery("a", "")});
  const DeliveryId first = id_of("a");
  ASSERT_OK(outbox_.mark_delivered({first}, at(1)));
  queue({delivery("b", "")});
  EXPECT_GT(id_of("b"), first);
}

}  // namespace
}  // namespace handshaked::store::test
