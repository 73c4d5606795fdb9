#include "engine/log_group.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <deque>
#include <functional>
#include <mutex>
#include <random>
#include <set>
#include <utility>

#include "engine/record_fold.h"

namespace handshaked::engine {
namespace {

using Record = RecordLog::Record;

/// How far back facts are looked for: mostly the last record names one that can be used.
constexpr std::array<std::uint64_t, 3> kLooks = {1, 64, ~std::uint64_t{0}};

std::string make_token() {
  std::random_device random;
  std::array<char, 17> token{};
  std::snprintf(token.data(), token.size(), "%08x%08x", static_cast<unsigned>(random()),
                static_cast<unsigned>(random()));
  return token.data();
}

Error removed() {
  return Error(ErrorCode::not_found,
               "records of the group's topic were removed that are needed: its retention must be "
               "unlimited (retention.ms and "
               "retention.bytes -1, cleanup.policy delete), and nobody may delete its records");
}

/// What others dropped while we looked for where to begin is found when it is tried again.
Result<> unless_dropped(Result<> done) {
  if (done || done.error().code() != ErrorCode::not_found) return done;
  return fail(ErrorCode::network, "records of the group's topic were dropped while they were read");
}

class LogGroup final : public GroupEngine {
 public:
  LogGroup(std::unique_ptr<RecordLog> records, std::uint32_t partitions,
           std::uint64_t records_between_keys)
      : records_(std::move(records)),
        keys_partition_(partitions),
        records_between_keys_(records_between_keys),
        token_(make_token()),
        logs_(partitions) {}

  Result<std::optional<Entry>> last_entry(std::uint32_t partition) override;
  Result<std::optional<std::uint64_t>> append(std::uint32_t partition, std::uint64_t last,
                                              std::string_view payload) override;
  Result<> read_log(std::uint32_t partition, std::uint64_t to,
                    const std::function<Result<>(const Entry&)>& take) override;
  Result<> drop_before(std::uint32_t partition, std::uint64_t sequence) override;
  std::uint64_t passed_over(std::uint32_t partition) override {
    return logs_.at(partition).passed_over;
  }
  Result<std::optional<Value>> value(const std::string& key) override;
  Result<std::optional<std::uint64_t>> put(const std::string& key, const std::string& text,
                                           std::optional<std::uint64_t> expected) override;
  Result<std::vector<std::string>> keys(const std::string& prefix) override;
  Result<std::optional<std::uint64_t>> waiting(std::uint32_t partition) override {
    return records_->waiting(partition);
  }

 private:
  struct Log {
    std::mutex mutex;  // guards fold
    std::optional<EntryFold> fold;
    std::atomic<std::uint64_t> passed_over = 0;
  };
  /// A record of our own: what became of it.
  struct Own {
    std::string id;
    bool was_seen = false;
    std::optional<std::uint64_t> number = {};  ///< where it counts
  };

  std::string next_id() { return token_ + "-" + std::to_string(++records_written_); }
  Result<std::uint64_t> find_entry(std::uint32_t partition, std::uint64_t first, std::uint64_t end);
  Result<> find_begin(std::uint32_t partition, Log& log);
  static Result<> note(Own* own, const Record& record, Verdict verdict);
  Result<> fold_log(std::uint32_t partition, Log& log, std::uint64_t end, Own* own);
  Result<> fold_keys(std::uint64_t end, Own* own);
  Result<> find_keys(std::uint64_t first, std::uint64_t end);
  Result<> read_keys(Own* own);
  void tell_keys();

  const std::unique_ptr<RecordLog> records_;
  const std::uint32_t keys_partition_;
  const std::uint64_t records_between_keys_;
  const std::string token_;
  std::atomic<std::uint64_t> records_written_ = 0;
  std::deque<Log> logs_;
  std::mutex keys_mutex_;  // guards keys_
  std::optional<KeyFold> keys_;
};

/// The last entry that counts, as far as records say: what they say stays true. 0: nothing is said.
/// `first` was asked before `end`: a record that says what was dropped then is among them.
Result<std::uint64_t> LogGroup::find_entry(std::uint32_t partition, std::uint64_t first,
                                           std::uint64_t end) {
  std::uint64_t fact = 0;
  for (const std::uint64_t look : kLooks) {
    const std::uint64_t from = end - std::min(look, end - std::min(first, end));
    TRY(unless_dropped(
        records_->read(partition, from, end, [&fact](const Record& record) -> Result<> {
          TRY(const auto read, read_marked(record.bytes));
          if (read && read->mark.kind == RecordMark::Kind::entry)
            fact = std::max({fact, read->mark.start, *read->mark.behind});
          return success();
        })));
    if (fact > first) return fact;  // it is still there
    if (from <= first) break;
  }
  if (first > 0) return fail(removed());
  return std::uint64_t{0};
}

Result<> LogGroup::find_begin(std::uint32_t partition, Log& log) {
  TRY(const std::uint64_t first, records_->first(partition));
  TRY(const std::uint64_t end, records_->end(partition));
  TRY(const std::uint64_t fact, find_entry(partition, first, end));
  log.fold.emplace(fact);
  auto folded = unless_dropped(fold_log(partition, log, end, nullptr));
  if (!folded) log.fold.reset();
  return folded;
}

/// What became of the record that is waited for, if any is.
Result<> LogGroup::note(Own* own, const Record& record, Verdict verdict) {
  if (verdict == Verdict::foreign || own == nullptr) return success();
  TRY(const auto read, read_marked(record.bytes));
  if (read->mark.id != own->id) return success();
  own->was_seen = true;
  if (verdict == Verdict::counts) own->number = record.offset + 1;
  return success();
}

Result<> LogGroup::fold_log(std::uint32_t partition, Log& log, std::uint64_t end, Own* own) {
  if (log.fold->next_offset() >= end) return success();
  return records_->read(partition, log.fold->next_offset(), end,
                        [&](const Record& record) -> Result<> {
                          TRY(const Verdict verdict, log.fold->take(record));
                          if (verdict == Verdict::foreign) ++log.passed_over;
                          return note(own, record, verdict);
                        });
}

Result<std::optional<GroupEngine::Entry>> LogGroup::last_entry(std::uint32_t partition) {
  Log& log = logs_.at(partition);
  const std::lock_guard lock(log.mutex);
  if (log.fold) {
    TRY(const std::uint64_t end, records_->end(partition));
    const auto folded = fold_log(partition, log, end, nullptr);
    if (!folded && folded.error().code() != ErrorCode::not_found) return fail(folded.error());
    if (!folded) log.fold.reset();  // we slept so long that others have dropped what we know
  }
  if (!log.fold) {
    TRY(find_begin(partition, log));
  }
  return log.fold->last() == 0 ? std::optional<Entry>() : std::optional(log.fold->last_entry());
}

Result<std::optional<std::uint64_t>> LogGroup::append(std::uint32_t partition, std::uint64_t last,
                                                      std::string_view payload) {
  Log& log = logs_.at(partition);
  const std::lock_guard lock(log.mutex);
  if (!log.fold) {
    TRY(find_begin(partition, log));
  }
  if (log.fold->last() != last)
    return std::optional<std::uint64_t>();  // another stands behind it, and nothing can change that
  Own own{.id = next_id()};
  const std::string record = marked(
      {.kind = RecordMark::Kind::entry, .behind = last, .start = log.fold->start(), .id = own.id},
      payload);
  TRY(const auto offset, records_->write(partition, record));
  if (offset && *offset == log.fold->next_offset()) {
    TRY(log.fold->take({.offset = *offset, .written_at = {}, .bytes = record}));
    return std::optional(log.fold->last());
  }
  std::uint64_t end = offset.value_or(0) + 1;
  if (!offset) {
    TRY(end, records_->end(partition));
  }
  const auto folded = fold_log(partition, log, end, &own);
  if (!folded && folded.error().code() == ErrorCode::not_found) {
    log.fold.reset();
    return std::optional<std::uint64_t>();  // others have dropped what stood behind `last`, so they
                                            // have written there
  }
  TRY(folded);
  if (!own.was_seen)
    return fail(ErrorCode::network, "an entry that the brokers have taken is not in its partition");
  return own.number;
}

Result<> LogGroup::read_log(std::uint32_t partition, std::uint64_t to,
                            const std::function<Result<>(const Entry&)>& take) {
  Log& log = logs_.at(partition);
  const std::lock_guard lock(log.mutex);
  if (!log.fold) {
    TRY(find_begin(partition, log));
  }
  TRY(const std::uint64_t first, records_->first(partition));
  if (first > EntryFold(log.fold->start())
                  .next_offset()) {  // others have dropped what we knew as the start
    TRY(find_begin(partition, log));
  }
  EntryFold fold(log.fold->start());
  if (first > fold.next_offset()) return fail(removed());
  TRY(unless_dropped(
      records_->read(partition, fold.next_offset(), to, [&](const Record& record) -> Result<> {
        TRY(const Verdict verdict, fold.take(record));
        if (verdict == Verdict::counts) return take(fold.last_entry());
        return verdict == Verdict::foreign
                   ? take({.sequence = record.offset + 1, .payload = {}, .behind = {}})
                   : success();
      })));
  if (fold.last() != to)
    return fail(ErrorCode::network,
                "the brokers do not give entry " + std::to_string(to) + ", which is there");
  log.passed_over = 0;  // those were given
  return success();
}

/// What stands before the start of before, as records say it: who reads from there now is not
/// disturbed, and who comes finds where to begin.
Result<> LogGroup::drop_before(std::uint32_t partition, std::uint64_t sequence) {
  Log& log = logs_.at(partition);
  const std::lock_guard lock(log.mutex);
  if (!log.fold) {
    TRY(find_begin(partition, log));
  }
  const std::uint64_t before = log.fold->told_start();
  log.fold->move_start(sequence);
  return before > 1 ? records_->drop(partition, before - 1) : success();
}

/// Begins with a record of all keys behind which nothing was dropped. The newest one may have come
/// late, and know less than those before it.
Result<> LogGroup::find_keys(std::uint64_t first, std::uint64_t end) {
  for (const std::uint64_t look : kLooks) {
    const std::uint64_t from = end - std::min(look, end - std::min(first, end));
    std::set<std::uint64_t, std::greater<>> told;
    TRY(unless_dropped(
        records_->read(keys_partition_, from, end, [&told](const Record& record) -> Result<> {
          TRY(const auto read, read_marked(record.bytes));
          if (!read) return success();
          if (read->mark.kind == RecordMark::Kind::entry) return fail(state_among_keys());
          told.insert(read->mark.start);
          if (read->mark.kind == RecordMark::Kind::keys) told.insert(record.offset + 1);
          return success();
        })));
    for (const std::uint64_t number : told) {
      if (number <= first) break;  // it was dropped
      TRY(unless_dropped(records_->read(
          keys_partition_, number - 1, number, [&](const Record& record) -> Result<> {
            TRY(const auto read, read_marked(record.bytes));
            if (!read || read->mark.kind != RecordMark::Kind::keys || *read->mark.behind < first)
              return success();
            TRY(keys_, KeyFold::from(*read, number));
            return success();
          })));
      if (keys_) return success();
    }
    if (from <= first) break;
  }
  if (first > 0) return fail(removed());
  keys_.emplace();
  return success();
}

Result<> LogGroup::fold_keys(std::uint64_t end, Own* own) {
  if (keys_->next_offset() >= end) return success();
  return records_->read(keys_partition_, keys_->next_offset(), end,
                        [&](const Record& record) -> Result<> {
                          TRY(const Verdict verdict, keys_->take(record));
                          return note(own, record, verdict);
                        });
}

Result<> LogGroup::read_keys(Own* own) {
  if (keys_) {
    TRY(const std::uint64_t end, records_->end(keys_partition_));
    const auto folded = fold_keys(end, own);
    if (folded || folded.error().code() != ErrorCode::not_found) return folded;
    keys_.reset();  // we slept so long that others have dropped what we know
  }
  TRY(const std::uint64_t first, records_->first(keys_partition_));
  TRY(const std::uint64_t end, records_->end(keys_partition_));
  TRY(find_keys(first, end));
  auto folded = unless_dropped(fold_keys(end, own));
  if (!folded) keys_.reset();
  return folded;
}

Result<std::optional<GroupEngine::Value>> LogGroup::value(const std::string& key) {
  const std::lock_guard lock(keys_mutex_);
  TRY(read_keys(nullptr));
  const auto found = keys_->values().find(key);
  return found == keys_->values().end() ? std::optional<Value>() : std::optional(found->second);
}

Result<std::vector<std::string>> LogGroup::keys(const std::string& prefix) {
  const std::lock_guard lock(keys_mutex_);
  TRY(read_keys(nullptr));
  std::vector<std::string> found;
  for (const auto& [key, value] : keys_->values()) {
    if (key.starts_with(prefix)) found.push_back(key);
  }
  return found;
}

Result<std::optional<std::uint64_t>> LogGroup::put(const std::string& key, const std::string& text,
                                                   std::optional<std::uint64_t> expected) {
  const std::lock_guard lock(keys_mutex_);
  if (!keys_) {
    TRY(read_keys(nullptr));
  }
  const auto known = keys_->values().find(key);
  if (expected && known != keys_->values().end() && known->second.revision > *expected)
    return std::optional<std::uint64_t>();
  Own own{.id = next_id()};
  const std::string record = marked({.kind = RecordMark::Kind::key,
                                     .behind = expected,
                                     .start = keys_->start(),
                                     .id = own.id,
                                     .key = key},
                                    text);
  TRY(const auto offset, records_->write(keys_partition_, record));
  if (offset && *offset == keys_->next_offset()) {
    TRY(const Verdict verdict,
        keys_->take({.offset = *offset, .written_at = wall_clock_now(), .bytes = record}));
    if (verdict == Verdict::counts) own.number = *offset + 1;
  } else {
    TRY(read_keys(&own));
    if (!own.was_seen)
      return fail(ErrorCode::network, "a key that the brokers have taken is not in its partition");
  }
  if (keys_ && keys_->records_since() >= records_between_keys_) tell_keys();
  return own.number;
}

/// Whoever does it: what it says is true whatever comes between. Where it fails, it is done at the
/// next put.
void LogGroup::tell_keys() {
  const std::uint64_t before = keys_->start();
  const std::string record = marked({.kind = RecordMark::Kind::keys,
                                     .behind = keys_->next_offset(),
                                     .start = before,
                                     .id = next_id()},
                                    keys_->text());
  const auto offset = records_->write(keys_partition_, record);
  if (!offset || !offset.value()) return;
  if (const auto folded = fold_keys(*offset.value() + 1, nullptr); !folded || before == 0) return;
  // Who begins with the record of all keys of before needs what stands behind what that tells.
  std::optional<std::uint64_t> needed;
  const auto read =
      records_->read(keys_partition_, before - 1, before, [&needed](const Record& old) -> Result<> {
        TRY(const auto told, read_marked(old.bytes));
        if (told && told->mark.kind == RecordMark::Kind::keys) needed = told->mark.behind;
        return success();
      });
  if (read && needed) static_cast<void>(records_->drop(keys_partition_, *needed));
}

}  // namespace

std::unique_ptr<GroupEngine> make_log_group(std::unique_ptr<RecordLog> records,
                                            std::uint32_t partitions,
                                            std::uint64_t records_between_keys) {
  return std::make_unique<LogGroup>(std::move(records), partitions, records_between_keys);
}

}  // namespace handshaked::engine
