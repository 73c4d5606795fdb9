#include "engine/nats/nats_publisher.h"

#include <algorithm>
#include <mutex>
#include <utility>

#include "engine/nats/nats_connection.h"

namespace handshaked::engine {
struct NatsPublisher::Connection {
  NatsOptions options;
  std::vector<std::string> subjects;
  std::string stream;
  std::mutex mutex;  // guards open and is_closed: close() comes from another thread
  std::shared_ptr<NatsConnection> open;
  bool is_closed = false;

  Result<std::shared_ptr<NatsConnection>> get() {
    {
      const std::lock_guard lock(mutex);
      if (is_closed) return fail(ErrorCode::cancelled, "it is closed");
      if (open != nullptr && !open->is_closed()) return open;
    }
    TRY(std::shared_ptr<NatsConnection> opened, NatsConnection::open(options));
    const std::lock_guard lock(mutex);
    if (is_closed) return fail(ErrorCode::cancelled, "it is closed");
    open = opened;
    return opened;
  }
};

NatsPublisher::NatsPublisher(NatsOptions options, std::vector<std::string> subjects,
                             std::string stream)
    : connection_(std::make_unique<Connection>()) {
  connection_->options = std::move(options);
  connection_->subjects = std::move(subjects);
  connection_->stream = std::move(stream);
}
NatsPublisher::~NatsPublisher() = default;

Result<> NatsPublisher::publish(const Publication& publication) {
  TRY(const std::shared_ptr<NatsConnection> connection, connection_->get());
  static_cast<void>(connection->take_complaint());
  const std::string& subject =
      connection_->subjects.at(static_cast<std::size_t>(std::max(publication.partition, 0)));
  natsMsg* made = nullptr;
  if (const natsStatus status =
          natsMsg_Create(&made, subject.c_str(), nullptr, publication.body.data(),
                         static_cast<int>(publication.body.size()));
      status != NATS_OK)
    return fail(nats_error(status, "the message"));
  const NatsOwned<natsMsg> message(made);
  natsMsgHeader_Set(made, "Content-Type", std::string(publication.content_type).c_str());
  const std::string id(publication.id);
  jsPubOptions options;
  jsPubOptions_Init(&options);
  if (!id.empty()) options.MsgId = id.c_str();
  options.MaxWait = connection_->options.timeout.count();
  if (!connection_->stream.empty()) options.ExpectStream = connection_->stream.c_str();
  jsPubAck* acknowledgement = nullptr;
  auto said = static_cast<jsErrCode>(0);
  const natsStatus status =
      js_PublishMsg(&acknowledgement, connection->jetstream(), made, &options, &said);
  jsPubAck_Destroy(acknowledgement);
  if (status == NATS_OK) return success();
  const std::string where = "publishing to \"" + subject + "\"";
  if (status == NATS_NO_RESPONDERS)
    return fail(ErrorCode::network, where +
                                        ": nobody takes it now: the servers choose a leader, or no "
                                        "stream of JetStream has this subject; "
                                        "if that stays, make one, or change the subject");
  return fail(connection->unanswered(status, where, said));
}

void NatsPublisher::close() {
  const std::lock_guard lock(connection_->mutex);
  connection_->is_closed = true;
  if (connection_->open != nullptr) connection_->open->close();
}

namespace {

Result<> find_taker(NatsConnection& connection, const std::string& subject,
                    const std::string& stream) {
  jsOptions with_subject;
  jsOptions_Init(&with_subject);
  with_subject.Stream.Info.SubjectsFilter = subject.c_str();
  jsStreamNamesList* names = nullptr;
  auto said = static_cast<jsErrCode>(0);
  const natsStatus status = js_StreamNames(&names, connection.jetstream(), &with_subject, &said);
  if (status == NATS_NOT_FOUND)
    return fail(ErrorCode::not_found,
                "no stream of JetStream takes the subject \"" + subject +
                    "\"; make one: nats stream add HANDSHAKED --subjects '" + subject +
                    "' --storage file --replicas 3 --retention limits --dupe-window 10m");
  if (status != NATS_OK)
    return success();  // an account that may publish need not be one that may ask
  bool is_there = false;
  for (int i = 0; i < names->Count; ++i)
    is_there = is_there || stream.empty() || stream == names->List[i];
  const std::string first = names->Count > 0 ? names->List[0] : "";
  jsStreamNamesList_Destroy(names);
  if (is_there) return success();
  return fail(ErrorCode::invalid_configuration, "the subject \"" + subject +
                                                    "\" belongs to the stream \"" + first +
                                                    "\", not to \"" + stream + "\"");
}

}  // namespace

Result<> try_nats_publisher(const NatsOptions& options, const std::vector<std::string>& subjects,
                            const std::string& stream) {
  TRY(const auto connection, NatsConnection::open(options));
  for (const std::string& subject : subjects) {
    TRY(find_taker(*connection, subject, stream));
  }
  return success();
}

std::string why_no_nats() { return {}; }

}  // namespace handshaked::engine
