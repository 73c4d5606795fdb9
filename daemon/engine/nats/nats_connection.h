#pragma once

#include <nats/nats.h>

#include <memory>
#include <mutex>
#include <string>

#include "base/result.h"
#include "engine/nats/nats_options.h"

namespace handshaked::engine {

/// Gives back what the library has made.
struct NatsFree {
  void operator()(natsMsg* message) const { natsMsg_Destroy(message); }
  void operator()(jsPubAck* acknowledgement) const { jsPubAck_Destroy(acknowledgement); }
  void operator()(jsStreamInfo* info) const { jsStreamInfo_Destroy(info); }
  void operator()(jsConsumerInfo* info) const { jsConsumerInfo_Destroy(info); }
  void operator()(jsMsgMetaData* data) const { jsMsgMetaData_Destroy(data); }
  void operator()(kvStore* bucket) const { kvStore_Destroy(bucket); }
};
template <class T>
using NatsOwned = std::unique_ptr<T, NatsFree>;

/// May messages of the stream have a subject that `pattern` takes? Also where the stream copies
/// another one, whose subjects it does not say.
bool takes_some_of(const jsStreamConfig& stream, const std::string& pattern);
/// "nginx.errors.>, nginx.access.>": for people.
std::string subjects_of(const jsStreamConfig& stream);

/// A connection to one of the servers, which the library keeps up by itself. Thread-safe.
class NatsConnection {
 public:
  /// Blocks for `timeout` a server at most. Fails with invalid_configuration for options that no
  /// attempt can mend, permission_denied when the servers refuse us, else network; the message has
  /// no secret.
  static Result<std::unique_ptr<NatsConnection>> open(const NatsOptions& options);
  ~NatsConnection();
  NatsConnection(const NatsConnection&) = delete;
  NatsConnection& operator=(const NatsConnection&) = delete;

  natsConnection* handle() const { return connection_; }
  jsCtx* jetstream() const { return jetstream_; }
  /// It is given up, and another has to be opened: the servers refused us, or close() was called.
  bool is_closed() const { return natsConnection_IsClosed(connection_); }
  bool is_connected() const {
    return natsConnection_Status(connection_) == NATS_CONN_STATUS_CONNECTED;
  }
  /// Ends what waits for an answer.
  void close() { natsConnection_Close(connection_); }
  /// What the servers complained about since this was asked last: "Permissions Violation for
  /// Publish to …". Empty: nothing.
  std::string take_complaint();
  /// As nats_error(), of a request. Where an account lacks a permission, the server complains, and
  /// never answers: its complaint then.
  Error unanswered(natsStatus status, std::string doing, jsErrCode jetstream);

 private:
  struct Complaint {
    std::mutex mutex;
    std::string text;
  };
  NatsConnection() = default;

  natsConnection* connection_ = nullptr;
  jsCtx* jetstream_ = nullptr;
  std::shared_ptr<Complaint> complaint_ = std::make_shared<Complaint>();
};

/// "doing: what the library says", with the code that fits. `jetstream`: what JetStream said, 0 for
/// nothing.
Error nats_error(natsStatus status, std::string doing,
                 jsErrCode jetstream = static_cast<jsErrCode>(0));

}  // namespace handshaked::engine
