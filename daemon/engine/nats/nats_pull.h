#pragma once

#include <nats/nats.h>

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "engine/nats/nats_connection.h"

namespace handshaked::engine {

/// Messages that consumers of JetStream give when they are asked, on a connection of its own.
///
/// The requests are ours, not natsSubscription_FetchRequest: in libnats 3.4 that writes behind the
/// end of its list when an earlier request is answered late, its messages cannot be acknowledged
/// once their subscription is gone, and a subscription that is destroyed while a message comes is
/// used after that. So there is one plain subscription, and it goes after the connection is closed.
/// It has a callback: natsSubscription_NextMsg throws an empty message away whose header says
/// "Status: 503", whoever wrote that. Belongs to one thread.
class NatsPull {
 public:
  /// Valid for as long as one likes, whatever becomes of the connection.
  using Message = NatsOwned<natsMsg>;

  static Result<std::unique_ptr<NatsPull>> open(const NatsOptions& options);
  ~NatsPull();
  NatsPull(const NatsPull&) = delete;
  NatsPull& operator=(const NatsPull&) = delete;

  NatsConnection& connection() { return *connection_; }

  /// What an earlier request brought late; else up to `most` messages that are there, or, with
  /// `patience`, the first that comes. Often nothing: also while the servers are away.
  Result<std::vector<Message>> poll(const std::string& stream, const std::string& consumer,
                                    int most, std::chrono::milliseconds patience);

 private:
  /// Messages that came and that nobody has taken yet. The library may use it longer than we do.
  struct Inbox {
    std::mutex mutex;  // guards messages
    std::condition_variable came;
    std::deque<Message> messages;
  };
  struct Request {
    std::string reply;
    int most = 0;
    std::chrono::steady_clock::time_point until;
  };

  explicit NatsPull(std::unique_ptr<NatsConnection> connection, std::chrono::milliseconds timeout);
  Result<> subscribe();
  /// Null: none came until then.
  Result<Message> next(std::chrono::steady_clock::time_point until);
  Result<> take_late(std::vector<Message>& messages);
  Result<> ask(const std::string& subject, const Request& request,
               std::chrono::milliseconds patience);
  Result<> take_answer(const Request& request, std::vector<Message>& messages);
  bool is_status(natsMsg* message) const;

  const std::unique_ptr<NatsConnection> connection_;
  const std::chrono::milliseconds timeout_;  ///< of an answer, when the consumer has something
  std::string inbox_;                        ///< "_INBOX.AbC.": a request appends its number
  const std::shared_ptr<Inbox> came_ = std::make_shared<Inbox>();
  natsSubscription* subscription_ = nullptr;
  std::uint64_t requests_ = 0;
};

}  // namespace handshaked::engine
