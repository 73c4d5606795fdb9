// Setting up a group: whether what is there can keep its state and take its lines, and what is made
// where it is missing.
#include <algorithm>
#include <charconv>
#include <utility>

#include "base/text/joined.h"
#include "engine/nats/nats_group.h"
#include "engine/nats/nats_group_streams.h"

namespace handshaked::engine {
namespace {

constexpr std::int64_t kLinesMaxAge = std::int64_t{72} * 3600 * 1'000'000'000;
constexpr std::int32_t kLargestValue = 4096;

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
  std::vector<std::string> limits;
  const auto add = [&limits](std::string limit) { limits.push_back(std::move(limit)); };
  constexpr std::int64_t kSecond = 1'000'000'000, kHour = 3600 * kSecond;
  if (config.MaxAge > 0)
    add("keeps " + (config.MaxAge % kHour == 0 ? std::to_string(config.MaxAge / kHour) + " hours"
                                               : std::to_string(config.MaxAge / kSecond) + " s"));
  if (config.MaxBytes > 0) add("at most " + std::to_string(config.MaxBytes) + " bytes");
  if (config.MaxMsgs > 0) add("at most " + std::to_string(config.MaxMsgs) + " messages");
  return limits.empty() ? "no limits" : joined(limits);
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
