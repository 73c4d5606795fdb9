#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "engine/group_engine.h"
#include "engine/record_log.h"

namespace handshaked::engine {

/// The first line of each record that a group writes into a log which takes everything
/// (record_log.h):
///
///   handshaked-record 1 entry behind=17 start=3 id=4f1c09aa-12\n            of the state of a
///   partition; its bytes follow handshaked-record 1 key behind=17 start=40 id=4f1c09aa-13
///   key=owner.3\n  a key's new text follows; behind=- whatever the key has handshaked-record 1
///   keys behind=1017 start=40 id=4f1c09aa-14\n           all keys, as the records before offset
///   1017 make them
///
/// Numbers of records are their offsets and one, so that 0 is none. `behind` and `start` are facts
/// that the writer has read, and stay true: entry `behind` counts; nobody needs what stands before
/// `start`, which counts too (of keys: it is the last record of all keys).
struct RecordMark {
  enum class Kind { entry, key, keys };
  Kind kind = Kind::entry;
  std::optional<std::uint64_t> behind = 0;
  std::uint64_t start = 0;
  std::string id;  ///< of this record alone; the same where it was written twice
  std::string key = {};
};

std::string marked(const RecordMark& mark, std::string_view bytes);
struct MarkedRecord {
  RecordMark mark;
  std::string_view bytes;
};
/// Nothing for what handshaked has not written. Fails with invalid_input for what a newer one has.
Result<std::optional<MarkedRecord>> read_marked(std::string_view record);

/// What an entry in the partition of the keys means.
Error state_among_keys();

enum class Verdict { counts, does_not_count, foreign };

/// Which records of a partition's log count: an entry does when it stands behind the last one that
/// counted before it. Everybody who reads the log comes to the same, so nobody has to be asked, and
/// a record that came late, twice or from a worker that was fenced is only passed over.
class EntryFold {
 public:
  /// Begins with entry `begin`, of which it is known that it counts; 0: with the first record that
  /// the log ever had.
  explicit EntryFold(std::uint64_t begin);

  /// Records in order. Fails with not_found where what it begins with is not there, with
  /// invalid_input for a newer format.
  Result<Verdict> take(const RecordLog::Record& record);

  std::uint64_t next_offset() const { return next_offset_; }
  /// The last entry that counts: 0 for none.
  std::uint64_t last() const { return last_; }
  const GroupEngine::Entry& last_entry() const { return entry_; }
  /// What a reader of the state begins with; and as entries say it that count.
  std::uint64_t start() const { return start_; }
  std::uint64_t told_start() const { return told_start_; }
  void move_start(std::uint64_t start) { start_ = std::max(start_, start); }

 private:
  std::uint64_t begin_, next_offset_, last_ = 0, start_ = 0, told_start_ = 0;
  bool has_begun_ = false;
  GroupEngine::Entry entry_;
};

/// The keys, by all records of their partition: a record changes its key when that has the revision
/// which it names.
class KeyFold {
 public:
  KeyFold() = default;
  /// Begins with what a record of all keys says. Fails with invalid_input for what text() never
  /// gives.
  static Result<KeyFold> from(const MarkedRecord& keys, std::uint64_t number);
  /// The bytes of a record of all keys.
  std::string text() const;

  /// Records in order. Fails with invalid_configuration for an entry of a state, with invalid_input
  /// for a newer format.
  Result<Verdict> take(const RecordLog::Record& record);

  std::uint64_t next_offset() const { return next_offset_; }
  /// The record of all keys that tells most: 0 for none. How many records stand behind what it
  /// tells.
  std::uint64_t start() const { return start_; }
  std::uint64_t records_since() const { return next_offset_ - told_until_; }
  const std::map<std::string, GroupEngine::Value>& values() const { return values_; }

 private:
  std::uint64_t next_offset_ = 0, start_ = 0, told_until_ = 0;
  std::map<std::string, GroupEngine::Value> values_;
};

}  // namespace handshaked::engine
