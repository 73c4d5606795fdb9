#include "web/event_feed.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <utility>

namespace handshaked::web {

namespace asio = boost::asio;

EventFeed::Subscriber::Subscriber(std::shared_ptr<EventFeed> feed)
    : feed_(std::move(feed)), timer_(feed_->loop_), seen_(feed_->version_) {
  feed_->subscribers_.insert(this);
}

EventFeed::Subscriber::~Subscriber() { feed_->subscribers_.erase(this); }

asio::awaitable<bool> EventFeed::Subscriber::wait(std::chrono::milliseconds patience) {
  constexpr auto kAsTuple = asio::as_tuple(asio::use_awaitable);
  if (!feed_->is_stopped_) {
    timer_.expires_after(kLeast);
    co_await timer_.async_wait(kAsTuple);
  }
  if (!feed_->is_stopped_ && feed_->version_ == seen_) {
    timer_.expires_after(patience);
    wakes_on_change_ = true;
    co_await timer_.async_wait(kAsTuple);
    wakes_on_change_ = false;
  }
  co_return std::exchange(seen_, feed_->version_) != feed_->version_ && !feed_->is_stopped_;
}

void EventFeed::note_change() {
  ++version_;
  for (Subscriber* const subscriber : subscribers_)
    if (subscriber->wakes_on_change_) subscriber->timer_.cancel();
}

void EventFeed::stop() {
  is_stopped_ = true;
  for (Subscriber* const subscriber : subscribers_) subscriber->timer_.cancel();
}

}  // namespace handshaked::web
