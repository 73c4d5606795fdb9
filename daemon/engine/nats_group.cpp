#include "engine/nats_group.h"

#include <algorithm>
#include <charconv>
#include <mutex>
#include <utility>

#include "engine/nats_connection.h"
#include "engine/nats_pull.h"

namespace handshaked::engine {
namespace {

using std::chrono::nanoseconds;

/// How long the next message of a log may take that is there.
constexpr std::chrono::milliseconds kReadPatience(5000);
/// A reader of a log that died is forgotten after so long.
constexpr std::int64_t kReaderIdleNanoseconds = 30'000'000'000;
constexpr int kReadAtOnce = 256;
constexpr std::int64_t kLinesMaxAge = std::int64_t{72} * 3600 * 1'000'000'000;
constexpr std::int32_t kLargestValue = 4096;

std::string state_stream(const std::string& group) { return "HANDSHAKED_" + group; }
std::string bucket_name(const std::string& group) { return "HANDSHAKED_" + group; }
std::string bucket_stream(const std::string& group) { return "KV_" + bucket_name(group); }
std::string key_subject(const std::string& group, const std::string& key) {
  return "$KV." + bucket_name(group) + "." + key;
}
std::string log_subject(const std::string& group, const std::string& partition) {
  return "handshaked.group." + group + "." + partition;
}

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

/// What a stream that is missing means here.
Error missing_stream(const std::string& name) {
  return Error(ErrorCode::not_found, "there is no stream \"" + name +
                                         "\": handshaked group setup makes what a group needs");
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

Result<NatsOwned<jsStreamInfo>> find_group_stream(NatsConnection& connection,
                                                  const std::string& name,
                                                  const std::string& subjects = {}) {
  jsOptions options;
  jsOptions_Init(&options);
  if (!subjects.empty()) options.Stream.Info.SubjectsFilter = subjects.c_str();
  jsStreamInfo* info = nullptr;
  auto said = static_cast<jsErrCode>(0);
  const natsStatus status =
      js_GetStreamInfo(&info, connection.jetstream(), name.c_str(), &options, &said);
  if (status == NATS_NOT_FOUND) return NatsOwned<jsStreamInfo>();
  if (status != NATS_OK)
    return fail(connection.unanswered(status, "the stream \"" + name + "\"", said));
  return NatsOwned<jsStreamInfo>(info);
}

std::vector<std::string> subjects_in(const jsStreamInfo& stream) {
  std::vector<std::string> subjects;
  const jsStreamStateSubjects* const list = stream.State.Subjects;
  for (int i = 0; list != nullptr && i < list->Count; ++i)
    subjects.emplace_back(list->List[i].Subject);
  return subjects;
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

// ---- setting up
// ---------------------------------------------------------------------------------------------------------

/// Does what is there keep a state? One that somebody made in another way may lose it.
Result<> check_state_stream(const jsStreamConfig& config, const std::string& name,
                            const std::string& subjects) {
  const auto wrong = [&name](const std::string& what) {
    return fail(ErrorCode::invalid_configuration,
                "the stream \"" + name + "\" " + what +
                    ", so the state of the group could be lost; " +
                    "change it, or delete it while no worker runs and call handshaked group setup");
  };
  if (config.Retention != js_LimitsPolicy)
    return wrong("does not keep messages until they are dropped (retention \"limits\")");
  if (config.Storage != js_FileStorage)
    return wrong("keeps messages in memory, not in files (storage \"memory\")");
  if (config.MaxAge > 0) return wrong("drops messages when they are old (max age)");
  if (config.MaxMsgsPerSubject > 0)
    return wrong("keeps only some messages of a subject (max messages per subject)");
  if (config.Discard != js_DiscardNew && (config.MaxBytes > 0 || config.MaxMsgs > 0))
    return wrong("drops old messages when it is full (discard \"old\")");
  for (int i = 0; i < config.SubjectsLen; ++i) {
    if (config.Subjects[i] == subjects) return success();
  }
  return wrong("does not take the subjects \"" + subjects + "\"");
}

/// Does what is there take the lines of all partitions?
Result<> check_lines_stream(const jsStreamConfig& config, const NatsGroupOptions& options) {
  for (std::uint32_t partition = 0; partition < options.partitions; ++partition) {
    std::string subject = options.line_subjects;
    subject.replace(subject.find('*'), 1, std::to_string(partition));
    if (!takes_some_of(config, subject))
      return fail(ErrorCode::invalid_configuration,
                  "the stream \"" + options.lines + "\" takes the subjects \"" +
                      subjects_of(config) + "\", so nothing reaches partition " +
                      std::to_string(partition) + " (subject \"" + subject +
                      "\"); let the stream take \"" + options.line_subjects +
                      "\", or give the group a stream of its own");
  }
  return success();
}

/// Leases and settings must stay until somebody changes them.
Result<> check_bucket(const jsStreamConfig& config) {
  if (config.MaxAge <= 0) return success();
  return fail(ErrorCode::invalid_configuration,
              "the bucket of the stream \"" + std::string(config.Name) +
                  "\" drops values when they are old (TTL), so the settings of the group would be "
                  "lost; change it, or delete it while no worker runs and call handshaked group "
                  "setup");
}

std::string copies(std::int64_t replicas) {
  return replicas == 1 ? "1 copy" : std::to_string(replicas) + " copies";
}

std::string limits_of(const jsStreamConfig& config) {
  std::string limits;
  const auto add = [&limits](const std::string& limit) {
    limits += (limits.empty() ? "" : ", ") + limit;
  };
  constexpr std::int64_t kSecond = 1'000'000'000, kHour = 3600 * kSecond;
  if (config.MaxAge > 0)
    add("keeps " + (config.MaxAge % kHour == 0 ? std::to_string(config.MaxAge / kHour) + " hours"
                                               : std::to_string(config.MaxAge / kSecond) + " s"));
  if (config.MaxBytes > 0) add("at most " + std::to_string(config.MaxBytes) + " bytes");
  if (config.MaxMsgs > 0) add("at most " + std::to_string(config.MaxMsgs) + " messages");
  return limits.empty() ? "no limits" : limits;
}

std::string settings_of(const jsStreamConfig& config) {
  return "subjects " + subjects_of(config) + ", " +
         (config.Storage == js_FileStorage ? "file" : "memory") + " storage, " +
         copies(config.Replicas) + ", " + limits_of(config) + ", discard " +
         (config.Discard == js_DiscardNew ? "new" : "old");
}

Error cannot_make(NatsConnection& connection, natsStatus status, jsErrCode said,
                  const GroupPart& part, std::uint32_t replicas) {
  Error why = connection.unanswered(status, part.what + " cannot be made", said);
  const bool is_refused = said != 0 && said != JSClusterNotAvailErr;
  if (replicas == 1 || why.message().find("replicas") == std::string::npos)
    return is_refused ? Error(ErrorCode::invalid_configuration, why.message()) : why;
  return Error(ErrorCode::invalid_configuration,
               why.message() + "; there are fewer servers than copies: set replicas in [group]");
}

class SetUp {
 public:
  SetUp(const NatsGroupOptions& options, NatsConnection& connection, bool may_make)
      : options_(options), connection_(connection), may_make_(may_make) {}

  /// `is_state`: it must never lose what it has.
  Result<> stream(const std::string& name, const std::string& subjects, bool is_state) {
    GroupPart part{
        .what = "stream " + name,
        .settings = "subjects " + subjects + ", file storage, " + copies(options_.replicas) + ", " +
                    (is_state ? "no limits, discard new" : "keeps 72 hours, discard old")};
    TRY(const NatsOwned<jsStreamInfo> found, find_group_stream(connection_, name));
    if (found != nullptr) {
      if (is_state) {
        TRY(check_state_stream(*found->Config, name, subjects));
      } else {
        TRY(check_lines_stream(*found->Config, options_));
      }
      part.settings = settings_of(*found->Config);
      return end(std::move(part), GroupPart::State::there);
    }
    if (!may_make_) return end(std::move(part), GroupPart::State::missing);
    jsStreamConfig config;
    jsStreamConfig_Init(&config);
    const char* list[] = {subjects.c_str()};
    config.Name = name.c_str();
    config.Subjects = list;
    config.SubjectsLen = 1;
    config.Storage = js_FileStorage;
    config.Replicas = options_.replicas;
    config.Retention = js_LimitsPolicy;
    config.Discard = is_state ? js_DiscardNew : js_DiscardOld;
    if (!is_state) config.MaxAge = kLinesMaxAge;
    auto said = static_cast<jsErrCode>(0);
    const natsStatus status =
        js_AddStream(nullptr, connection_.jetstream(), &config, nullptr, &said);
    if (status != NATS_OK)
      return fail(cannot_make(connection_, status, said, part, options_.replicas));
    return end(std::move(part), GroupPart::State::made);
  }

  Result<> bucket() {
    GroupPart part{.what = "key-value bucket " + bucket_name(options_.group),
                   .settings = "file storage, " + copies(options_.replicas) + ", one value a key"};
    TRY(const NatsOwned<jsStreamInfo> found,
        find_group_stream(connection_, bucket_stream(options_.group)));
    if (found != nullptr) {
      TRY(check_bucket(*found->Config));
      part.settings = std::string(found->Config->Storage == js_FileStorage ? "file" : "memory") +
                      " storage, " + copies(found->Config->Replicas) + ", one value a key";
      return end(std::move(part), GroupPart::State::there);
    }
    if (!may_make_) return end(std::move(part), GroupPart::State::missing);
    const std::string name = bucket_name(options_.group);
    kvConfig config;
    kvConfig_Init(&config);
    config.Bucket = name.c_str();
    config.History = 1;
    config.MaxValueSize = kLargestValue;
    config.StorageType = js_FileStorage;
    config.Replicas = static_cast<int>(options_.replicas);
    kvStore* made = nullptr;
    const natsStatus status = js_CreateKeyValue(&made, connection_.jetstream(), &config);
    const NatsOwned<kvStore> owned(made);
    if (status != NATS_OK)
      return fail(
          cannot_make(connection_, status, static_cast<jsErrCode>(0), part, options_.replicas));
    return end(std::move(part), GroupPart::State::made);
  }

  std::vector<GroupPart> take_parts() { return std::move(parts_); }

 private:
  Result<> end(GroupPart part, GroupPart::State state) {
    part.state = state;
    parts_.push_back(std::move(part));
    return success();
  }

  const NatsGroupOptions& options_;
  NatsConnection& connection_;
  const bool may_make_;
  std::vector<GroupPart> parts_;
};

/// The word that stands where `pattern` has its first "*"; nothing where there is none.
std::string word_at_star(std::string_view subject, std::string_view pattern) {
  const auto words_before = static_cast<std::size_t>(std::count(
      pattern.begin(), pattern.begin() + static_cast<std::ptrdiff_t>(pattern.find('*')), '.'));
  for (std::size_t i = 0; i < words_before; ++i) {
    const std::size_t dot = subject.find('.');
    if (dot == std::string_view::npos) return {};
    subject.remove_prefix(dot + 1);
  }
  return std::string(subject.substr(0, subject.find('.')));
}

}  // namespace

std::unique_ptr<GroupEngine> make_nats_group(NatsGroupOptions options) {
  return std::make_unique<NatsGroup>(std::move(options));
}

Result<std::vector<GroupPart>> set_up_nats_group(const NatsGroupOptions& options, bool may_make) {
  TRY(const auto connection, NatsConnection::open(options.connection));
  SetUp set_up(options, *connection, may_make);
  TRY(set_up.stream(options.lines, options.line_subjects, false));
  TRY(set_up.stream(state_stream(options.group), log_subject(options.group, "*"), true));
  TRY(set_up.bucket());
  return set_up.take_parts();
}

Result<std::vector<std::string>> subjects_of_no_partition(const NatsGroupOptions& options) {
  constexpr std::size_t kMost = 5;
  TRY(const auto connection, NatsConnection::open(options.connection));
  TRY(const NatsOwned<jsStreamInfo> stream, find_group_stream(*connection, options.lines, ">"));
  if (stream == nullptr) return fail(missing_stream(options.lines));
  std::vector<std::string> strays;
  for (const std::string& subject : subjects_in(*stream)) {
    const std::string word = word_at_star(subject, options.line_subjects);
    std::uint32_t number = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number);
    const bool is_partition =
        error == std::errc() && end == word.data() + word.size() && number < options.partitions;
    if (!is_partition && strays.size() < kMost) strays.push_back(subject);
  }
  return strays;
}

}  // namespace handshaked::engine
