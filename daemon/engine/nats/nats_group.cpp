#include "engine/nats/nats_group.h"

#include <algorithm>
#include <charconv>
#include <mutex>
#include <utility>

#include "engine/nats/nats_group_streams.h"
#include "engine/nats/nats_pull.h"

namespace handshaked::engine {
namespace {

using std::chrono::nanoseconds;

/// How long the next message of a log may take that is there.
constexpr std::chrono::milliseconds kReadPatience(5000);
/// A reader of a log that died is forgotten after so long.
constexpr std::int64_t kReaderIdleNanoseconds = 30'000'000'000;
constexpr int kReadAtOnce = 256;

/// JetStream keeps it with the message.
std::optional<std::uint64_t> expected_last(natsMsg* message) {
  const char* text = nullptr;
  if (natsMsgHeader_Get(message, "Nats-Expected-Last-Subject-Sequence", &text) != NATS_OK ||
      text == nullptr)
    return std::nullopt;
  const std::string_view digits = text;
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  return error == std::errc() && end == digits.data() + digits.size() ? std::optional(number)
                                                                      : std::nullopt;
}

GroupEngine::Entry entry_of(natsMsg* message, std::uint64_t sequence) {
  return {.sequence = sequence,
          .payload = std::string(natsMsg_GetData(message),
                                 static_cast<std::size_t>(natsMsg_GetDataLength(message))),
          .behind = expected_last(message)};
}

class NatsGroup final : public GroupEngine {
 public:
  explicit NatsGroup(NatsGroupOptions options) : options_(std::move(options)) {}

  Result<std::optional<Entry>> last_entry(std::uint32_t partition) override;
  Result<std::optional<std::uint64_t>> append(std::uint32_t partition, std::uint64_t last,
                                              std::string_view payload) override;
  Result<> read_log(std::uint32_t partition, std::uint64_t to,
                    const std::function<Result<>(const Entry&)>& take) override;
  Result<> drop_before(std::uint32_t partition, std::uint64_t sequence) override;
  Result<std::optional<Value>> value(const std::string& key) override;
  Result<std::optional<std::uint64_t>> put(const std::string& key, const std::string& text,
                                           std::optional<std::uint64_t> expected) override;
  Result<std::vector<std::string>> keys(const std::string& prefix) override;
  Result<std::optional<std::uint64_t>> waiting(std::uint32_t partition) override;

 private:
  std::string subject_of(std::uint32_t partition) const {
    return log_subject(options_.group, std::to_string(partition));
  }
  Result<std::shared_ptr<NatsConnection>> connection();
  Result<NatsOwned<natsMsg>> last_message(const std::string& stream, const std::string& subject);
  Result<std::optional<std::uint64_t>> publish(const std::string& stream,
                                               const std::string& subject, std::string_view payload,
                                               std::optional<std::uint64_t> expected);

  const NatsGroupOptions options_;
  std::mutex mutex_;  // guards open_
  std::shared_ptr<NatsConnection> open_;
};

Result<std::shared_ptr<NatsConnection>> NatsGroup::connection() {
  const std::lock_guard lock(mutex_);
  if (open_ != nullptr && !open_->is_closed()) return open_;
  TRY(open_, NatsConnection::open(options_.connection));
  return open_;
}

/// Null where there is none. Asks the stream's leader.
Result<NatsOwned<natsMsg>> NatsGroup::last_message(const std::string& stream,
                                                   const std::string& subject) {
  TRY(const auto connection, this->connection());
  natsMsg* found = nullptr;
  auto said = static_cast<jsErrCode>(0);
  const natsStatus status = js_GetLastMsg(&found, connection->jetstream(), stream.c_str(),
                                          subject.c_str(), nullptr, &said);
  if (status == NATS_OK) return NatsOwned<natsMsg>(found);
  if (said == JSStreamNotFoundErr) return fail(missing_stream(stream));
  if (status == NATS_NOT_FOUND) return NatsOwned<natsMsg>();
  return fail(connection->unanswered(
      status, "reading \"" + subject + "\" of the stream \"" + stream + "\"", said));
}

Result<std::optional<std::uint64_t>> NatsGroup::publish(const std::string& stream,
                                                        const std::string& subject,
                                                        std::string_view payload,
                                                        std::optional<std::uint64_t> expected) {
  TRY(const auto connection, this->connection());
  jsPubOptions options;
  jsPubOptions_Init(&options);
  options.MaxWait = options_.connection.timeout.count();
  options.ExpectStream = stream.c_str();
  if (expected) {
    options.ExpectLastSubjectSeq = *expected;
    options.ExpectNoMessage = *expected == 0;
  }
  jsPubAck* made = nullptr;
  auto said = static_cast<jsErrCode>(0);
  const natsStatus status =
      js_Publish(&made, connection->jetstream(), subject.c_str(), payload.data(),
                 static_cast<int>(payload.size()), &options, &said);
  const NatsOwned<jsPubAck> acknowledgement(made);
  if (status == NATS_OK) return std::optional(acknowledgement->Sequence);
  if (said == JSStreamWrongLastSequenceErr) return std::optional<std::uint64_t>();
  if (status == NATS_NO_RESPONDERS)  // only what reads a stream is told that it does not exist
    return fail(ErrorCode::network,
                "writing \"" + subject +
                    "\": nobody takes it now: the servers choose a leader of the stream \"" +
                    stream +
                    "\", or there is none (handshaked group setup makes what a group needs)");
  return fail(connection->unanswered(
      status, "writing \"" + subject + "\" into the stream \"" + stream + "\"", said));
}

Result<std::optional<GroupEngine::Entry>> NatsGroup::last_entry(std::uint32_t partition) {
  TRY(const NatsOwned<natsMsg> message,
      last_message(state_stream(options_.group), subject_of(partition)));
  if (message == nullptr) return std::optional<Entry>();
  return std::optional(entry_of(message.get(), natsMsg_GetSequence(message.get())));
}

Result<std::optional<std::uint64_t>> NatsGroup::append(std::uint32_t partition, std::uint64_t last,
                                                       std::string_view payload) {
  return publish(state_stream(options_.group), subject_of(partition), payload, last);
}

/// Reads a partition's log from its first entry, by a consumer that nobody else has.
class LogReader {
 public:
  LogReader(NatsPull& pull, std::string stream, std::string subject)
      : pull_(pull), stream_(std::move(stream)), subject_(std::move(subject)) {}

  Result<> begin() {
    jsConsumerConfig config;
    jsConsumerConfig_Init(&config);
    config.AckPolicy = js_AckNone;
    config.DeliverPolicy = js_DeliverAll;
    config.FilterSubject = subject_.c_str();
    config.InactiveThreshold = kReaderIdleNanoseconds;
    jsConsumerInfo* made = nullptr;
    auto said = static_cast<jsErrCode>(0);
    const natsStatus status = js_AddConsumer(&made, pull_.connection().jetstream(), stream_.c_str(),
                                             &config, nullptr, &said);
    if (said == JSStreamNotFoundErr) return fail(missing_stream(stream_));
    if (status != NATS_OK) return fail(pull_.connection().unanswered(status, doing(), said));
    const NatsOwned<jsConsumerInfo> owned(made);
    consumer_ = made->Name;
    return success();
  }
  /// Without it the servers forget the consumer a little later.
  void end() {
    js_DeleteConsumer(pull_.connection().jetstream(), stream_.c_str(), consumer_.c_str(), nullptr,
                      nullptr);
  }

  Result<> read_to(std::uint64_t to,
                   const std::function<Result<>(const GroupEngine::Entry&)>& take) {
    for (std::uint64_t sequence = 0; sequence < to;) {
      TRY(const auto messages, poll());
      for (const NatsPull::Message& message : messages) {
        TRY(sequence, next_sequence(message.get()));
        if (sequence > to) break;
        TRY(take(entry_of(message.get(), sequence)));
      }
    }
    return success();
  }

 private:
  std::string doing() const { return "reading the state \"" + subject_ + "\""; }

  Result<std::vector<NatsPull::Message>> poll() {
    TRY(auto messages, pull_.poll(stream_, consumer_, kReadAtOnce, std::chrono::milliseconds(0)));
    if (messages.empty()) {
      TRY(messages, pull_.poll(stream_, consumer_, 1, kReadPatience));
    }
    if (messages.empty())
      return fail(ErrorCode::timeout, doing() + ": the servers do not give what is there");
    return messages;
  }

  /// What a consumer without acknowledgements gives and a connection loses does not come again. Its
  /// numbers tell.
  Result<std::uint64_t> next_sequence(natsMsg* message) {
    jsMsgMetaData* read = nullptr;
    if (const natsStatus status = natsMsg_GetMetaData(&read, message); status != NATS_OK)
      return fail(nats_error(status, doing()));
    const NatsOwned<jsMsgMetaData> data(read);
    if (data->Sequence.Consumer != ++delivered_)
      return fail(ErrorCode::network, doing() + ": a part was lost on the way");
    return data->Sequence.Stream;
  }

  NatsPull& pull_;
  const std::string stream_, subject_;
  std::string consumer_;
  std::uint64_t delivered_ = 0;
};

Result<> NatsGroup::read_log(std::uint32_t partition, std::uint64_t to,
                             const std::function<Result<>(const Entry&)>& take) {
  TRY(const auto pull, NatsPull::open(options_.connection));
  LogReader reader(*pull, state_stream(options_.group), subject_of(partition));
  TRY(reader.begin());
  const auto read = reader.read_to(to, take);
  reader.end();
  return read;
}

Result<> NatsGroup::drop_before(std::uint32_t partition, std::uint64_t sequence) {
  TRY(const auto connection, this->connection());
  const std::string subject = subject_of(partition);
  jsOptions options;
  jsOptions_Init(&options);
  options.Stream.Purge.Subject = subject.c_str();
  options.Stream.Purge.Sequence = sequence;
  auto said = static_cast<jsErrCode>(0);
  const natsStatus status = js_PurgeStream(connection->jetstream(),
                                           state_stream(options_.group).c_str(), &options, &said);
  if (status == NATS_OK) return success();
  return fail(connection->unanswered(status, "dropping old entries of \"" + subject + "\"", said));
}

Result<std::optional<GroupEngine::Value>> NatsGroup::value(const std::string& key) {
  TRY(const NatsOwned<natsMsg> message,
      last_message(bucket_stream(options_.group), key_subject(options_.group, key)));
  if (message == nullptr) return std::optional<Value>();
  const std::uint64_t revision = natsMsg_GetSequence(message.get());
  const Time written_at{
      std::chrono::duration_cast<Duration>(nanoseconds(natsMsg_GetTime(message.get())))};
  return std::optional(Value{
      .text = entry_of(message.get(), 0).payload, .revision = revision, .written_at = written_at});
}

Result<std::optional<std::uint64_t>> NatsGroup::put(const std::string& key, const std::string& text,
                                                    std::optional<std::uint64_t> expected) {
  return publish(bucket_stream(options_.group), key_subject(options_.group, key), text, expected);
}

Result<std::vector<std::string>> NatsGroup::keys(const std::string& prefix) {
  TRY(const auto connection, this->connection());
  const std::string name = bucket_stream(options_.group),
                    begin = key_subject(options_.group, prefix);
  TRY(const NatsOwned<jsStreamInfo> stream, find_group_stream(*connection, name, begin + ">"));
  if (stream == nullptr) return fail(missing_stream(name));
  std::vector<std::string> keys;
  for (const std::string& subject : subjects_in(*stream))
    keys.push_back(prefix + subject.substr(begin.size()));
  return keys;
}

Result<std::optional<std::uint64_t>> NatsGroup::waiting(std::uint32_t partition) {
  const std::string consumer = options_.group + "-" + std::to_string(partition);
  TRY(const auto connection, this->connection());
  jsConsumerInfo* info = nullptr;
  auto said = static_cast<jsErrCode>(0);
  const natsStatus status = js_GetConsumerInfo(
      &info, connection->jetstream(), options_.lines.c_str(), consumer.c_str(), nullptr, &said);
  if (status == NATS_NOT_FOUND) return std::optional<std::uint64_t>();
  if (status != NATS_OK)
    return fail(connection->unanswered(status, "the consumer \"" + consumer + "\"", said));
  const NatsOwned<jsConsumerInfo> owned(info);
  return std::optional(info->NumPending +
                       static_cast<std::uint64_t>(std::max<std::int64_t>(info->NumAckPending, 0)));
}

}  // namespace

std::unique_ptr<GroupEngine> make_nats_group(NatsGroupOptions options) {
  return std::make_unique<NatsGroup>(std::move(options));
}

}  // namespace handshaked::engine
