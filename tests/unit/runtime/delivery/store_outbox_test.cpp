#include "runtime/delivery/store_outbox.h"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <boost/asio/detached.hpp>
#include <future>

#include "store/outbox.h"
#include "unit/store/rows.h"

namespace handshaked::runtime {
namespace {

using store::test::at;
using store::test::delivery;

emit::DueDeliveries take(StoreOutbox& outbox, const std::string& receiver, Time now) {
  boost::asio::io_context loop;
  emit::DueDeliveries taken;
  const auto ask = [&]() -> boost::asio::awaitable<void> {
    auto due = co_await outbox.take_due(receiver, now, 10);
    taken = store::test::value_of(std::move(due));
  };
  boost::asio::co_spawn(loop, ask, boost::asio::detached);
  loop.run();
  return taken;
}

TEST(StoreOutbox, WhatCannotBeReadIsGivenUpAndHoldsUpNothing) {
  store::StoreThread store(store::test::open_in_memory(), {});
  StoreOutbox outbox(store);
  event::RemediationEvent event;
  event.event_id = "whole";
  event.body = "{}";
  store::Commit commit;
  commit.deliveries = {delivery("broken", "i"), delivery("whole", "i")};
  commit.deliveries[0].body = "no event";
  commit.deliveries[1].body = event_to_text(event);
  std::promise<void> written;
  store.submit(
      std::move(commit), [&written](Result<>) { written.set_value(); }, true);
  written.get_future().get();

  emit::DueDeliveries first = take(outbox, "hook", at(1));
  EXPECT_TRUE(first.deliveries.empty());  // the broken one stands before the other
  EXPECT_EQ(first.next_due, at(1));       // to be asked again at once
  emit::DueDeliveries second = take(outbox, "hook", at(1));
  ASSERT_EQ(second.deliveries.size(), 1U);
  EXPECT_EQ(second.deliveries[0].event.event_id, "whole");

  const auto dead = store
                        .call([](store::Database& database) {
                          return store::Outbox(database).list_dead("hook", 10);
                        })
                        .get();
  ASSERT_OK(dead);
  ASSERT_EQ(dead.value().size(), 1U);
  EXPECT_EQ(dead.value()[0].event_id, "broken");
  EXPECT_NE(dead.value()[0].last_error, "");
}

}  // namespace
}  // namespace handshaked::runtime
