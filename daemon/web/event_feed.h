#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <set>

namespace handshaked::web {

/// Wakes those who want to know when something changed (server-sent events): what changed, they ask
/// for themselves. Loop thread only.
class EventFeed {
 public:
  /// One who listens. Woken at most once a kLeast, however much changes.
  class Subscriber {
   public:
    explicit Subscriber(std::shared_ptr<EventFeed> feed);
    ~Subscriber();
    Subscriber(const Subscriber&) = delete;
    Subscriber& operator=(const Subscriber&) = delete;

    /// True when something has changed since the last call; false when nothing has for `patience`,
    /// or the feed was stopped.
    boost::asio::awaitable<bool> wait(std::chrono::milliseconds patience);

   private:
    friend class EventFeed;
    std::shared_ptr<EventFeed> feed_;
    boost::asio::steady_timer timer_;
    std::uint64_t seen_;
    bool wakes_on_change_ = false;
  };
  static constexpr std::chrono::milliseconds kLeast{1000};
  static constexpr std::size_t kMostSubscribers = 24;

  explicit EventFeed(boost::asio::any_io_executor loop) : loop_(std::move(loop)) {}

  void note_change();
  /// Nobody waits any longer.
  void stop();
  bool is_stopped() const { return is_stopped_; }
  bool is_full() const { return subscribers_.size() >= kMostSubscribers; }

 private:
  boost::asio::any_io_executor loop_;
  std::set<Subscriber*> subscribers_;
  std::uint64_t version_ = 0;
  bool is_stopped_ = false;
};

}  // namespace handshaked::web
