#include "web/event_feed.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <utility>

namespace handshaked::web {

namespace asio = boost::asio;

EventFeed::Listener::Listener(std::shared_ptr<EventFeed> feed) : feed_(std::move(feed)), timer_(feed_->loop_), seen_(feed_->version_) {
  feed_->listeners_.insert(this);
}

EventFeed::Listener::~Listener() { feed_->listeners_.erase(this); }

asio::awaitable<bool> EventFeed::Listener::wait(std::chrono::milliseconds patience) {
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
  for (Listener* const listener : listeners_)
    if (listener->wakes_on_change_) listener->timer_.cancel();
}

void EventFeed::stop() {
  is_stopped_ = true;
  for (Listener* const listener : listeners_) listener->timer_.cancel();
}

}  // namespace handshaked::web
