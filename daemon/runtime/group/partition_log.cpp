#include "runtime/group/partition_log.h"

#include <algorithm>
#include <fstream>
#include <utility>

#include "store/database/schema.h"
#include "telemetry/log.h"

namespace handshaked::runtime {
namespace {

using Kind = PartitionRecord::Kind;

/// What changes of one transaction may take when they are read: much more than a commit holds.
constexpr std::size_t kMostChanges = std::size_t{256} << 20;
constexpr int kMostTries = 5;

/// Puts a database together from the entries of a log, in order.
class StateReader {
 public:
  StateReader(store::Replica& into, std::filesystem::path copy_file)
      : into_(into), copy_file_(std::move(copy_file)) {}

  Result<> take(const engine::GroupEngine::Entry& entry) {
    const bool has_gap = entry.behind && *entry.behind > sequence_;
    sequence_ = entry.sequence;
    TRY(auto read, read_entry(entry.payload));
    if (!read) {
      ++foreign;
      return success();
    }
    PartitionRecord& record = *read;
    // Only what stands before a copy may have been dropped.
    if (has_gap && (record.kind != Kind::copy || record.part != 1)) return incomplete(record);
    if (record.kind == Kind::taken_over || record.kind == Kind::nothing) return drop();
    if (record.schema > store::schema_version())
      return fail(ErrorCode::invalid_input,
                  "the state was written by a newer handshaked (schema version " +
                      std::to_string(record.schema) + ", this program knows " +
                      std::to_string(store::schema_version()) +
                      "): install the newer program here, too");
    ++entries_since_copy;
    bytes_since_copy += entry.payload.size();
    TRY(begin_or_go_on(record));
    return record.part == record.parts ? complete(record) : Result<>(success());
  }

  bool has_copy = false;
  std::uint32_t schema = 0;
  std::uint64_t foreign = 0, copy_bytes = 0, bytes_since_copy = 0, entries_since_copy = 0;

 private:
  Result<> drop() {
    id_.clear();
    changes_.clear();
    return success();
  }

  Result<> begin_or_go_on(const PartitionRecord& record) {
    if (record.part == 1) {
      static_cast<void>(drop());
      id_ = record.id;
      next_part_ = 1;
      if (record.kind == Kind::copy) {
        copy_.close();
        copy_.clear();
        copy_.open(copy_file_, std::ios::binary | std::ios::trunc);
        copy_size_ = 0;
      }
    }
    if (record.id != id_ || record.part != next_part_++) return incomplete(record);
    if (record.kind == Kind::copy) {
      copy_ << record.body;
      copy_size_ += record.body.size();
    } else {
      changes_ += record.body;
      if (changes_.size() > kMostChanges)
        return fail(ErrorCode::limit_exceeded, "the state holds changes that are too large");
    }
    return success();
  }

  Result<> complete(const PartitionRecord& record) {
    if (record.kind == Kind::copy) {
      copy_.close();
      if (!copy_) return fail(ErrorCode::io, "cannot write " + copy_file_.string());
      TRY(into_.restart_from(copy_file_));
      has_copy = true;
      schema = record.schema;
      copy_bytes = copy_size_;
      bytes_since_copy = entries_since_copy = 0;
      return drop();
    }
    if (!has_copy) return incomplete(record);
    if (record.schema != schema)
      return fail(ErrorCode::invalid_input,
                  "the state has changes of schema version " + std::to_string(record.schema) +
                      " behind a copy of version " + std::to_string(schema));
    TRY(into_.apply(changes_));
    return drop();
  }

  /// Not for ever: a server that has just come back may give a log with gaps that another one has
  /// whole.
  Result<> incomplete(const PartitionRecord& record) const {
    return fail(ErrorCode::not_found, "a part of the state is missing before message " +
                                          std::to_string(sequence_) + " of its stream (part " +
                                          std::to_string(record.part) + " of " +
                                          std::to_string(record.parts) +
                                          " of a record): if that stays, somebody has deleted "
                                          "messages; without its beginning it cannot be used");
  }

  store::Replica& into_;
  const std::filesystem::path copy_file_;
  std::ofstream copy_;
  std::uint64_t copy_size_ = 0;
  std::string id_, changes_;  // of the record that is not complete
  std::uint32_t next_part_ = 1;
  std::uint64_t sequence_ = 0;  // of the entry that was taken last
};

std::uint32_t parts_of(std::uint64_t bytes, std::size_t part_bytes) {
  return static_cast<std::uint32_t>(
      std::max<std::uint64_t>(1, (bytes + part_bytes - 1) / part_bytes));
}

}  // namespace

PartitionLog::PartitionLog(engine::GroupEngine& engine, Options options)
    : engine_(engine), options_(std::move(options)) {}

PartitionRecord PartitionLog::record(Kind kind) {
  return {.kind = kind,
          .schema = store::schema_version(),
          .epoch = epoch_,
          .id = options_.token + "-" + std::to_string(++records_),
          .part = 1,
          .parts = 1,
          .by = options_.worker,
          .body = {}};
}

Result<> PartitionLog::take_over(store::Replica& into) {
  for (int tries = 0; epoch_ == 0; ++tries) {
    if (tries == kMostTries)
      return fail(ErrorCode::network, "somebody else writes to this partition all the time");
    TRY(const auto last, engine_.last_entry(options_.partition));
    if (last) {
      TRY(const auto read, read_entry(last->payload));  // a newer program's partition is left alone
      if (read && read->schema > store::schema_version())
        return fail(
            ErrorCode::invalid_input,
            "the state was written by a newer handshaked: install the newer program here, too");
    }
    TRY(const auto appended, engine_.append(options_.partition, last ? last->sequence : 0,
                                            to_entry(record(Kind::taken_over))));
    if (appended) epoch_ = last_ = *appended;
  }
  // Nobody who does not know our entry can write any more: what is read now is all that there is.
  into.clear();
  StateReader reader(into, options_.copy_file);
  TRY(engine_.read_log(options_.partition, last_,
                       [&reader](const auto& entry) { return reader.take(entry); }));
  foreign_ = reader.foreign;
  copy_bytes_ = reader.copy_bytes;
  bytes_since_copy_ = reader.bytes_since_copy;
  entries_since_copy_ = reader.entries_since_copy;
  wants_copy_now_ = !reader.has_copy || reader.schema != store::schema_version();
  is_new_ = !reader.has_copy;
  return success();
}

/// Somebody has emptied the log, or made its stream again. Our database is all that is left of the
/// state: it is written anew, unless another worker was faster. False: the log is not empty.
Result<bool> PartitionLog::begin_again() {
  TRY(const auto last, engine_.last_entry(options_.partition));
  std::optional<std::uint64_t> begun;
  if (last) {
    const auto read = read_entry(last->payload);
    const bool is_ours = read && read.value() && read.value()->kind == Kind::taken_over &&
                         read.value()->id.starts_with(options_.token + "-");
    if (!is_ours || last->sequence == epoch_) return false;
    begun = last->sequence;  // ours had no answer
  } else {
    TRY(begun, engine_.append(options_.partition, 0, to_entry(record(Kind::taken_over))));
  }
  if (!begun) return false;
  epoch_ = last_ = *begun;
  needs_copy_ = true;
  telemetry::log_warning("the state of partition " + std::to_string(options_.partition) +
                         " was gone from its stream: this worker writes it there again");
  return true;
}

/// Behind our last entry somebody has written. False: it was a worker, or nobody.
Result<bool> PartitionLog::pass_over_strangers() {
  TRY(const auto last, engine_.last_entry(options_.partition));
  if (!last || last->sequence <= last_) return false;
  std::uint64_t strangers = 0, workers = 0;
  TRY(engine_.read_log(options_.partition, last->sequence,
                       [&](const engine::GroupEngine::Entry& entry) -> Result<> {
                         if (entry.sequence <= last_) return success();
                         const auto read = read_entry(entry.payload);
                         ++(read && !read.value() ? strangers : workers);
                         return success();
                       }));
  if (strangers == 0 || workers != 0) return false;
  telemetry::log_warning("the log of the partition has " + std::to_string(strangers) +
                         " more messages that no handshaked has written: passed over");
  last_ = last->sequence;
  foreign_ += strangers;
  return true;
}

/// Our entry is not in the log, because its end is not the one that we know.
Result<> PartitionLog::refused() {
  TRY(const bool has_begun_again, begin_again());
  if (has_begun_again) return fail(ErrorCode::network, "the state is written anew first");
  return fail(lose());
}

/// The partition is another's: nothing more may be told or written.
Error PartitionLog::lose() {
  Error why(ErrorCode::cancelled,
            "another worker has taken partition " + std::to_string(options_.partition) + " over");
  give_up(why);
  return why;
}

/// `completes`: the changes of which this is the last part.
Result<> PartitionLog::put(const PartitionRecord& record, const std::string* completes) {
  const std::string entry = to_entry(record);
  for (int tries = 0; tries < kMostTries; ++tries) {
    const auto appended = engine_.append(options_.partition, last_, entry);
    if (!appended) {
      unsettled_ = Unsettled{.id = record.id,
                             .part = record.part,
                             .changes = completes ? std::optional(*completes) : std::nullopt};
      return fail(appended.error());
    }
    if (appended.value()) {
      last_ = *appended.value();
      bytes_since_copy_ += entry.size();
      ++entries_since_copy_;
      return success();
    }
    TRY(const bool were_strangers, pass_over_strangers());
    if (!were_strangers) return refused();
  }
  return fail(ErrorCode::network, "somebody else writes to this partition all the time");
}

Result<> PartitionLog::append(const std::string& changes) {
  PartitionRecord part = record(Kind::changes);
  part.parts = parts_of(changes.size(), options_.part_bytes);
  for (part.part = 1; part.part <= part.parts; ++part.part) {
    part.body = changes.substr((part.part - 1) * options_.part_bytes, options_.part_bytes);
    TRY(put(part, part.part == part.parts ? &changes : nullptr));
  }
  return success();
}

Result<std::optional<std::string>> PartitionLog::settle() {
  if (!unsettled_) return std::optional<std::string>();
  TRY(const auto appended,
      engine_.append(options_.partition, last_, to_entry(record(Kind::nothing))));
  std::optional<std::string> kept;
  if (appended) {
    last_ = *appended;  // it had not been taken, and cannot be any more
  } else {
    TRY(const bool has_begun_again, begin_again());
    if (has_begun_again) {
      unsettled_.reset();
      return kept;
    }
    TRY(const auto last, engine_.last_entry(options_.partition));
    if (!last || last->sequence <= last_)
      return fail(ErrorCode::network, "the servers do not agree on what was written last");
    const auto read = read_entry(last->payload);
    const bool is_ours = read && read.value() && read.value()->id.starts_with(options_.token + "-");
    if (!is_ours) return fail(lose());
    if (read.value()->id == unsettled_->id && read.value()->part == unsettled_->part)
      kept = std::move(unsettled_->changes);
    last_ = last->sequence;
  }
  unsettled_.reset();
  return kept;
}

std::optional<std::filesystem::path> PartitionLog::wants_copy() {
  const bool is_due = bytes_since_copy_ > std::max(options_.copy_after_bytes, copy_bytes_) ||
                      entries_since_copy_ > options_.copy_after_entries;
  if (!std::exchange(wants_copy_now_, false) && !needs_copy_ && !is_due) return std::nullopt;
  bytes_since_copy_ = entries_since_copy_ =
      0;  // one that fails is wanted again when as much has come
  return options_.copy_file;
}

Result<> PartitionLog::keep_copy(const std::filesystem::path& copy) {
  std::error_code error;
  const std::uint64_t size = std::filesystem::file_size(copy, error);
  std::ifstream file(copy, std::ios::binary);
  if (error || !file) return fail(ErrorCode::io, "cannot read " + copy.string());
  PartitionRecord part = record(Kind::copy);
  part.parts = parts_of(size, options_.part_bytes);
  std::uint64_t begin = 0;
  for (part.part = 1; part.part <= part.parts; ++part.part) {
    part.body.resize(
        std::min<std::uint64_t>(options_.part_bytes, size - (part.part - 1) * options_.part_bytes));
    if (!file.read(part.body.data(), static_cast<std::streamsize>(part.body.size())))
      return fail(ErrorCode::io, "cannot read " + copy.string());
    TRY(put(part, nullptr));
    if (begin == 0) begin = last_;
  }
  needs_copy_ = false;
  copy_bytes_ = size;
  bytes_since_copy_ = entries_since_copy_ = 0;
  if (const auto dropped = engine_.drop_before(options_.partition, begin); !dropped)
    telemetry::log_warning("what the state does not need any more stays until the next copy: " +
                           dropped.error().message());
  return success();
}

void PartitionLog::give_up(const Error& why) {
  if (options_.lost) options_.lost(why);
}

}  // namespace handshaked::runtime
