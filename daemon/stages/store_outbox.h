#pragma once

#include <map>
#include <set>
#include <string>

#include "emit/outbox.h"
#include "store/store_thread.h"

namespace handshaked::stages {

/// The outbox of the store as delivery wants it: awaitable, on the loop. Remembers what it has handed out.
class StoreOutbox final : public emit::Outbox {
 public:
  explicit StoreOutbox(store::StoreThread& store) : store_(store) {}

  boost::asio::awaitable<Result<emit::DueDeliveries>> take_due(std::string receiver, Time now, std::size_t limit) override;
  boost::asio::awaitable<Result<>> record(std::vector<emit::AttemptRecord> attempts) override;
  void release(const std::string& receiver) override;

 private:
  store::StoreThread& store_;
  std::map<std::string, std::set<std::int64_t>> held_;  ///< by receiver
};

/// An event as the body of a queued delivery, and back.
std::string event_to_text(const emit::OutgoingEvent& event);
Result<emit::OutgoingEvent> event_from_text(std::string_view text);

}  // namespace handshaked::stages
