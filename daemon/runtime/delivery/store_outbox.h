#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "emit/delivery_queue.h"
#include "store/database/store_thread.h"
#include "store/outbox.h"

namespace handshaked::runtime {

/// The outbox of the store as delivery wants it: awaitable, on the loop. Remembers what it has
/// handed out.
class StoreOutbox final : public emit::DeliveryQueue {
 public:
  explicit StoreOutbox(store::StoreThread& store) : store_(store) {}

  boost::asio::awaitable<Result<emit::DueDeliveries>> take_due(std::string receiver, Time now,
                                                               std::size_t limit) override;
  boost::asio::awaitable<Result<bool>> record(std::vector<emit::AttemptRecord> attempts) override;
  boost::asio::awaitable<Result<std::size_t>> copy_waiting(std::string receiver, std::string to,
                                                           Time queued_before) override;
  boost::asio::awaitable<Result<std::size_t>> make_due(std::string receiver, Time now) override;
  boost::asio::awaitable<Result<emit::ReceiverRest>> find_rest(std::string receiver,
                                                               std::string whom) override;
  boost::asio::awaitable<Result<>> keep_rest(std::string receiver, std::string whom,
                                             emit::ReceiverRest rest) override;
  bool hold(const std::string& receiver, event::DeliveryId id) override {
    return held_[receiver].insert(id).second;
  }
  void release(const std::string& receiver) override;

 private:
  void give_up(store::DeliveryOutcomes unreadable, Time now);

  store::StoreThread& store_;
  std::map<std::string, std::set<event::DeliveryId>> held_;  ///< by receiver
};

/// What a commit has just queued, for those who send.
struct FreshDeliveries {
  std::map<std::string, std::vector<emit::QueuedDelivery>>
      due;  ///< by receiver, for Delivery::offer; as many as it may have room for
  std::map<std::string, std::size_t> queued;  ///< how many there are, ready or not
  std::set<std::string> later;                ///< receivers that have more in the outbox
};
FreshDeliveries fresh_deliveries(const store::Commit& commit,
                                 const std::vector<store::QueuedRow>& queued, Time now);

/// The newest event that `receiver` has got of every open incident.
Result<std::vector<event::RemediationEvent>> delivered_and_open(store::Database& database,
                                                                const std::string& receiver);

/// An event as the body of a queued delivery, and back.
std::string event_to_text(const event::RemediationEvent& event);
Result<event::RemediationEvent> event_from_text(std::string_view text);

}  // namespace handshaked::runtime
