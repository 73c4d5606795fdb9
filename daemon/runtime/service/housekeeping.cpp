#include "runtime/service/housekeeping.h"

#include <boost/asio/post.hpp>

#include <chrono>
#include <utility>

#include "base/clock.h"
#include "runtime/service/free_memory.h"
#include "runtime/service/service_notify.h"
#include "telemetry/log.h"

namespace handshaked::runtime {
namespace {

constexpr auto kReturnMemory = std::chrono::seconds(5);  // after a burst
constexpr auto kRetentionInterval = std::chrono::hours(1);

}  // namespace

void Housekeeping::start(Relay network) {
  network_ = std::move(network);
  feed_watchdog();
  run_retention();
  return_memory_later();  // what restoring has used
}

void Housekeeping::stop() {
  is_stopped_ = true;
  watchdog_.cancel();
  retention_.cancel();
  memory_.cancel();
}

void Housekeeping::feed_watchdog() {
  const auto interval = watchdog_interval();
  if (!interval) return;
  watchdog_.expires_after(*interval);
  watchdog_.async_wait([this](boost::system::error_code error) {
    if (error || is_stopped_) return;
    telemetry::tell_suppressed();
    // The word goes through every stage: one that hangs is not vouched for.
    const auto through_store = [this] { store_.post([](store::Database&) { notify_watchdog(); }); };
    const auto through_readers = [this, through_store] {
      boost::asio::post(readers_, through_store);
    };
    // Readers who wait for room on the disk are well, and a restart would not give it any.
    if (store_.has_room()) network_(through_readers);
    else network_(through_store);
    feed_watchdog();
  });
}

void Housekeeping::return_memory_later() {
  if (is_stopped_) return;
  memory_.expires_after(kReturnMemory);
  memory_.async_wait([](boost::system::error_code error) {
    if (!error) return_free_memory();
  });
}

void Housekeeping::run_retention() {
  const bool is_posted = store_.post([this](store::Database& database) {
    const auto report = store::run_retention_slice(database, limits_, wall_clock_now());
    if (!report)
      telemetry::log_warning("old records were not removed: " + report.error().message());
    const bool again = report && !report.value().is_finished;
    boost::asio::post(loop_, [this, again] {
      wait_for_retention(again ? std::chrono::seconds(1)
                               : std::chrono::seconds(kRetentionInterval));
    });
  });
  if (!is_posted) wait_for_retention(std::chrono::seconds(1));
}

void Housekeeping::wait_for_retention(std::chrono::seconds wait) {
  if (is_stopped_) return;
  retention_.expires_after(wait);
  retention_.async_wait([this](boost::system::error_code error) {
    if (!error) run_retention();
  });
}

}  // namespace handshaked::runtime
