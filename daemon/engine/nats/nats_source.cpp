#include "engine/nats/nats_source.h"

#include <algorithm>
#include <atomic>
#include <charconv>
#include <condition_variable>
#include <mutex>
#include <utility>
#include <vector>

#include "engine/nats/nats_connection.h"
#include "engine/nats/nats_pull.h"
#include "engine/nats/taken_sequences.h"
#include "telemetry/log.h"

namespace handshaked::engine {
namespace {

using std::chrono::steady_clock;

/// A message that was not acknowledged is given again after so long.
constexpr std::int64_t kAckWaitNanoseconds = 10'000'000'000;
/// So many may be under way: what the position may hold above its floor.
constexpr std::int64_t kMostUnderWay = 10'000;
/// So many deliveries that never came are no accident of a connection.
constexpr std::uint64_t kManyMissed = 2 * kMostMessages;
constexpr auto kLookInterval = std::chrono::seconds(5);
/// After a failure of the engine.
constexpr auto kRest = std::chrono::seconds(1);
/// A permission that is missing is told once in so long, whenever something needs it.
constexpr auto kComplaintHolds = std::chrono::seconds(15);
constexpr std::string_view kPositionVersion = "v1 ";

using StreamInfo = NatsOwned<jsStreamInfo>;
using ConsumerInfo = NatsOwned<jsConsumerInfo>;

Result<StreamInfo> find_stream(NatsConnection& connection, const std::string& name) {
  jsStreamInfo* info = nullptr;
  auto said = static_cast<jsErrCode>(0);
  const natsStatus status =
      js_GetStreamInfo(&info, connection.jetstream(), name.c_str(), nullptr, &said);
  if (status == NATS_NOT_FOUND)
    return fail(ErrorCode::not_found, "there is no stream \"" + name +
                                          "\"; make it, for example: nats stream add " + name +
                                          " --subjects 'nginx.errors.>' --storage file --replicas "
                                          "3 --retention limits --max-age 72h");
  if (status != NATS_OK)
    return fail(connection.unanswered(status, "the stream \"" + name + "\"", said));
  return StreamInfo(info);
}

/// Nothing when there is none.
Result<ConsumerInfo> find_consumer(NatsConnection& connection, const NatsSourceOptions& options) {
  jsConsumerInfo* info = nullptr;
  auto said = static_cast<jsErrCode>(0);
  const natsStatus status =
      js_GetConsumerInfo(&info, connection.jetstream(), options.stream.c_str(),
                         options.consumer.c_str(), nullptr, &said);
  if (status == NATS_NOT_FOUND) return ConsumerInfo();
  if (status != NATS_OK)
    return fail(connection.unanswered(status, "the consumer \"" + options.consumer + "\"", said));
  return ConsumerInfo(info);
}

std::string_view text_of(const char* text) {
  return text == nullptr ? std::string_view() : std::string_view(text);
}

/// Does somebody else's consumer do what we need?
Result<> check_consumer(const jsConsumerConfig& consumer, const NatsSourceOptions& options) {
  const auto wrong = [&options](const std::string& what) {
    return fail(ErrorCode::invalid_configuration,
                "the consumer \"" + options.consumer + "\" of \"" + options.stream + "\" " + what +
                    "; give this source another consumer, or delete that one: handshaked makes its "
                    "own and goes on where it was");
  };
  if (!text_of(consumer.DeliverSubject).empty())
    return wrong("is a push consumer, and a pull consumer is needed");
  if (consumer.AckPolicy != js_AckExplicit)
    return wrong("does not ask for an acknowledgement of each message (ack policy \"explicit\")");
  if (text_of(consumer.FilterSubject) != options.subject)
    return wrong("has the filter subject \"" + std::string(text_of(consumer.FilterSubject)) +
                 "\", and the configuration says \"" + options.subject + "\"");
  if (consumer.MaxDeliver > 0)
    return wrong("gives up a message after " + std::to_string(consumer.MaxDeliver) +
                 " deliveries, so lines would be lost");
  if (consumer.MaxAckPending > kMostUnderWay || consumer.MaxAckPending < 0)
    return wrong("lets more than " + std::to_string(kMostUnderWay) +
                 " messages wait for their acknowledgement (max ack pending)");
  return success();
}

class NatsSource final : public Source {
 public:
  explicit NatsSource(NatsSourceOptions options) : options_(std::move(options)) { read_position(); }
  ~NatsSource() override {
    for (const auto& message : polled_)
      static_cast<void>(answer(message.get(), "-NAK"));  // at once, not after the engine's patience
  }

  Result<std::vector<Message>> poll(std::chrono::milliseconds patience) override;
  std::string position() const override;
  bool has_unacknowledged() const override { return !polled_.empty(); }
  Result<> acknowledge() override;
  Standing standing() const override;
  void stop() override;

 private:
  Result<> begin();
  Result<> make_consumer(const jsStreamInfo& stream);
  void know_stream(const jsStreamInfo& stream);
  Result<std::vector<NatsPull::Message>> fetch(std::chrono::milliseconds patience);
  natsStatus answer(natsMsg* message, const char* word);
  bool take(natsMsg* message);
  void tell_lost(std::uint64_t count);
  void look_for_others(std::uint64_t delivery);
  void look();
  void read_position();
  Error failed(Error error);
  void rest(std::chrono::milliseconds at_most);

  NatsSourceOptions options_;
  std::unique_ptr<NatsPull> pull_;
  bool is_begun_ = false;            ///< stream and consumer were looked at, and may be read
  std::int64_t stream_created_ = 0;  ///< of the stream that `taken_` counts; nanoseconds since 1970
  bool is_made_again_ = false;
  bool reads_all_ = false;  ///< a gap in its sequence numbers is what was dropped unread
  TakenSequences taken_;
  std::uint64_t last_delivery_ = 0,
                last_sequence_ = 0;  ///< of the last message that came for the first time
  std::uint64_t lost_ = 0;           ///< removed before they were read; not told yet
  std::uint64_t last_seen_ = 0,
                missed_ = 0;  ///< deliveries: the last that came, and how many between them did not
  bool has_told_others_ = false;
  std::vector<NatsPull::Message> polled_;  ///< since the last acknowledgement
  std::string complaint_;                  ///< of the servers', the last one
  steady_clock::time_point looked_at_{}, next_attempt_{}, complained_at_{};

  std::atomic<bool> is_stopped_ = false;
  mutable std::mutex mutex_;  // guards what is below
  std::condition_variable stopped_;
  Standing standing_;
};

void NatsSource::read_position() {
  if (!options_.position) return;
  std::string_view text = *options_.position;
  const auto unreadable = [this] {
    telemetry::log_warning("the position of the stream " + options_.stream +
                           " cannot be read: its consumer says where reading goes on");
  };
  if (!text.starts_with(kPositionVersion)) return unreadable();
  text.remove_prefix(kPositionVersion.size());
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), stream_created_);
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  if (error != std::errc() || !text.starts_with(' ')) return unreadable();
  auto taken = TakenSequences::parse(text.substr(1));
  if (!taken) return unreadable();
  taken_ = std::move(taken).value();
}

std::string NatsSource::position() const {
  return std::string(kPositionVersion) + std::to_string(stream_created_) + " " + taken_.text();
}

Error NatsSource::failed(Error error) {
  next_attempt_ = steady_clock::now() + kRest;
  const std::lock_guard lock(mutex_);
  standing_.is_connected = pull_ != nullptr && pull_->connection().is_connected();
  standing_.trouble = error.message();
  ++standing_.errors;
  return error;
}

void NatsSource::know_stream(const jsStreamInfo& stream) {
  if (stream_created_ == stream.Created) return;
  is_made_again_ = stream_created_ != 0;
  if (is_made_again_)
    telemetry::log_warning("the stream " + options_.stream +
                           " was made again since it was read last: it is read from its beginning");
  stream_created_ = stream.Created;
  taken_ = {};
}

/// What its limits drop before it is read does not come. With a filter we do not know what it was.
bool reads_all_of(const jsStreamConfig& stream, const std::string& subject) {
  return stream.Retention == js_LimitsPolicy &&
         (subject.empty() || (stream.SubjectsLen == 1 && stream.Subjects[0] == subject));
}

void NatsSource::tell_lost(std::uint64_t count) {
  if (count == 0) return;
  telemetry::log_warning(std::to_string(count) + " messages of the stream " + options_.stream +
                             " were removed unread: it keeps too little (max age, max bytes, max "
                             "messages), or somebody has deleted them",
                         {.id = telemetry::message_id::log_lost});
}

Result<> NatsSource::make_consumer(const jsStreamInfo& stream) {
  jsConsumerConfig config;
  jsConsumerConfig_Init(&config);
  config.Durable = options_.consumer.c_str();
  config.Description = "handshaked";
  config.AckPolicy = js_AckExplicit;
  config.AckWait = kAckWaitNanoseconds;
  config.MaxAckPending = kMostUnderWay;
  config.FilterSubject = options_.subject.empty() ? nullptr : options_.subject.c_str();
  // A stream that keeps messages until they are acknowledged allows no other beginning than its
  // own.
  const bool is_queue = stream.Config->Retention == js_WorkQueuePolicy;
  config.DeliverPolicy =
      options_.from_start || is_made_again_ || is_queue ? js_DeliverAll : js_DeliverNew;
  if (const auto wanted = taken_.first_wanted(); wanted && !is_queue) {
    config.DeliverPolicy = js_DeliverByStartSequence;
    config.OptStartSeq = *wanted;
  }
  jsConsumerInfo* made = nullptr;
  auto said = static_cast<jsErrCode>(0);
  const natsStatus status = js_AddConsumer(&made, pull_->connection().jetstream(),
                                           options_.stream.c_str(), &config, nullptr, &said);
  if (status != NATS_OK)
    return fail(pull_->connection().unanswered(
        status, "the consumer \"" + options_.consumer + "\" cannot be made", said));
  const ConsumerInfo owned(made);
  telemetry::log_info("the consumer " + options_.consumer + " of the stream " + options_.stream +
                      " was made");
  return success();
}

Result<> NatsSource::begin() {
  is_begun_ = false;
  if (pull_ == nullptr || pull_->connection().is_closed()) {
    pull_.reset();
    TRY(pull_, NatsPull::open(options_.connection));
  }
  TRY(const StreamInfo stream, find_stream(pull_->connection(), options_.stream));
  know_stream(*stream);
  reads_all_ = reads_all_of(*stream->Config, options_.subject);
  const std::uint64_t first = stream->State.FirstSeq;
  TRY(const ConsumerInfo consumer, find_consumer(pull_->connection(), options_));
  if (consumer != nullptr) {
    TRY(check_consumer(*consumer->Config, options_));
    taken_.raise_floor(consumer->AckFloor.Stream);  // also what another daemon has read
  } else {
    TRY(make_consumer(*stream));
  }
  if (reads_all_ && first > 0 && taken_.first_wanted()) {
    tell_lost(taken_.missing_before(first));
    taken_.raise_floor(first - 1);
  }
  last_delivery_ = last_sequence_ = last_seen_ = missed_ = 0;
  looked_at_ = {};
  is_begun_ = true;
  return success();
}

/// What is there at once; else the first that comes.
Result<std::vector<NatsPull::Message>> NatsSource::fetch(std::chrono::milliseconds patience) {
  TRY(auto messages, pull_->poll(options_.stream, options_.consumer,
                                 static_cast<int>(kMostMessages), std::chrono::milliseconds(0)));
  if (!messages.empty() || is_stopped_) return messages;
  return pull_->poll(options_.stream, options_.consumer, 1, patience);
}

/// Also to a message that came on a connection which is gone.
natsStatus NatsSource::answer(natsMsg* message, const char* word) {
  const char* const reply = natsMsg_GetReply(message);
  if (pull_ == nullptr || reply == nullptr) return NATS_OK;
  return natsConnection_PublishString(pull_->connection().handle(), reply, word);
}

/// Each delivery of a consumer has the next number: what we never see, somebody else got. Some are
/// lost with a connection.
void NatsSource::look_for_others(std::uint64_t delivery) {
  if (last_seen_ != 0 && delivery > last_seen_ + 1) missed_ += delivery - last_seen_ - 1;
  last_seen_ = delivery;
  if (missed_ < kManyMissed || has_told_others_) return;
  has_told_others_ = true;
  telemetry::log_warning("another client reads the consumer \"" + options_.consumer +
                         "\" of the stream \"" + options_.stream +
                         "\", too: each line reaches one of the two, and faults are seen by "
                         "halves; give each a consumer and a subject of its own");
}

/// Is it new? Either way it is acknowledged later.
bool NatsSource::take(natsMsg* message) {
  jsMsgMetaData* read = nullptr;
  if (natsMsg_GetMetaData(&read, message) != NATS_OK) return false;  // not of the stream
  const NatsOwned<jsMsgMetaData> data(read);
  const std::uint64_t sequence = data->Sequence.Stream;
  look_for_others(data->Sequence.Consumer);
  const bool is_known = taken_.contains(sequence);
  // Messages that come for the first time come in order: what lies between two deliveries in a row
  // is not for us.
  const bool is_first = data->NumDelivered == 1;
  const bool follows = is_first && last_delivery_ != 0 &&
                       data->Sequence.Consumer == last_delivery_ + 1 && last_sequence_ < sequence;
  if (follows && reads_all_) lost_ += sequence - last_sequence_ - 1;
  taken_.add(follows ? last_sequence_ + 1 : sequence, sequence);
  last_delivery_ = is_first ? data->Sequence.Consumer : 0;
  last_sequence_ = sequence;
  return !is_known;
}

Result<std::vector<Message>> NatsSource::poll(std::chrono::milliseconds patience) {
  std::vector<Message> messages;
  if (steady_clock::now() < next_attempt_) {
    rest(patience);
    return messages;
  }
  if (is_stopped_) return messages;
  if (!is_begun_ || pull_->connection().is_closed()) {
    if (auto begun = begin(); !begun) return fail(failed(begun.error()));
  }
  auto fetched = fetch(patience);
  if (!fetched) {
    is_begun_ = false;  // the consumer or the stream may be another one: looked at again
    return fail(failed(fetched.error().wrapped("the stream \"" + options_.stream + "\"")));
  }
  std::uint64_t known = 0;
  for (NatsPull::Message& owned : fetched.value()) {
    natsMsg* const message = polled_.emplace_back(std::move(owned)).get();
    if (!take(message)) {
      ++known;
      continue;
    }
    const std::string_view subject = text_of(natsMsg_GetSubject(message));
    messages.push_back({.payload = {natsMsg_GetData(message),
                                    static_cast<std::size_t>(natsMsg_GetDataLength(message))},
                        .key = subject.substr(subject.rfind('.') + 1)});
  }
  tell_lost(std::exchange(lost_, 0));
  look();
  std::string complaint = pull_->connection().take_complaint();
  const bool has_complaint = !complaint.empty();
  if (has_complaint || steady_clock::now() - complained_at_ > kComplaintHolds) {
    complaint_ = std::move(complaint);
    complained_at_ = steady_clock::now();
  }
  const std::lock_guard lock(mutex_);
  standing_.redelivered += known;
  standing_.is_connected = pull_->connection().is_connected();
  standing_.trouble = standing_.is_connected ? complaint_ : "the connection to the servers is lost";
  standing_.partitions = options_.stream;
  if (has_complaint) ++standing_.errors;
  return messages;
}

/// Now and then: what waits, and up to where the engine gives nothing again.
void NatsSource::look() {
  if (steady_clock::now() - looked_at_ < kLookInterval) return;
  looked_at_ = steady_clock::now();
  const auto found = find_consumer(pull_->connection(), options_);
  if (!found || found.value() == nullptr) return;
  taken_.raise_floor(found.value()->AckFloor.Stream);
  const std::lock_guard lock(mutex_);
  standing_.waiting = found.value()->NumPending + static_cast<std::uint64_t>(std::max<std::int64_t>(
                                                      found.value()->NumAckPending, 0));
}

Result<> NatsSource::acknowledge() {
  natsStatus status = NATS_OK;
  for (const auto& message : polled_) {
    if (status == NATS_OK) status = answer(message.get(), "+ACK");
  }
  polled_.clear();
  if (status == NATS_OK) return success();
  return fail(failed(
      nats_error(status, "acknowledging messages of the stream \"" + options_.stream + "\"")));
}

Standing NatsSource::standing() const {
  const std::lock_guard lock(mutex_);
  return standing_;
}

void NatsSource::rest(std::chrono::milliseconds at_most) {
  std::unique_lock lock(mutex_);
  stopped_.wait_for(lock, at_most, [this] { return is_stopped_.load(); });
}

void NatsSource::stop() {
  const std::lock_guard lock(mutex_);
  is_stopped_ = true;
  stopped_.notify_all();
}

}  // namespace

std::unique_ptr<Source> make_nats_source(NatsSourceOptions options) {
  return std::make_unique<NatsSource>(std::move(options));
}

Result<> try_nats_source(const NatsSourceOptions& options) {
  TRY(const auto connection, NatsConnection::open(options.connection));
  TRY(const StreamInfo stream, find_stream(*connection, options.stream));
  TRY(const ConsumerInfo consumer, find_consumer(*connection, options));
  if (consumer != nullptr) {
    TRY(check_consumer(*consumer->Config, options));
  }
  if (!options.subject.empty() && !takes_some_of(*stream->Config, options.subject))
    return fail(ErrorCode::invalid_configuration,
                "the stream \"" + options.stream + "\" takes the subjects \"" +
                    subjects_of(*stream->Config) + "\", so no message of it has the subject \"" +
                    options.subject + "\"; correct subject, or the subjects of the stream");
  constexpr std::int64_t kHour = 3'600'000'000'000;
  if (const std::int64_t age = stream->Config->MaxAge; age > 0 && age < kHour)
    return fail(ErrorCode::invalid_configuration,
                "the stream \"" + options.stream + "\" keeps messages for " +
                    std::to_string(age / 1'000'000'000) +
                    " s only (max age): what comes while handshaked is down for longer is lost; "
                    "keep an hour or more");
  return success();
}

}  // namespace handshaked::engine
