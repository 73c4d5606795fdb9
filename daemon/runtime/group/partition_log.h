#pragma once

#include <atomic>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "base/result.h"
#include "engine/group_engine.h"
#include "runtime/group/partition_record.h"
#include "store/database/replica.h"
#include "store/journal.h"

namespace handshaked::runtime {

/// The state of one partition, as the engine keeps it: copies of the database and the changes
/// since, in a log that takes an entry only behind the last one that its writer knows. So a worker
/// that was stopped, cut off or has a wrong clock writes nothing behind what another has written:
/// that is the fence. Which of the two should write, the lease says (partition_lease.h), and it may
/// be wrong.
///
/// A publish without an answer may have been taken, or be taken yet. settle() puts an entry of the
/// kind "nothing" at its place: the one that arrives first excludes the other.
///
/// take_over() first; then it is the Journal of the database, and of its thread.
class PartitionLog final : public store::Journal {
 public:
  struct Options {
    std::uint32_t partition = 0;
    std::string worker;
    std::string token;                ///< of this process, and of no other
    std::filesystem::path copy_file;  ///< where copies are put together
    std::function<void(const Error&)> lost =
        {};  ///< the partition is another's, or the database cannot be used: ends the process
    /// A new copy is made when the changes since the last one are larger than this and than that
    /// copy.
    std::uint64_t copy_after_bytes = std::uint64_t{4} << 20;
    std::uint64_t copy_after_entries = 5000;
    std::size_t part_bytes = kLargestPart;
  };

  PartitionLog(engine::GroupEngine& engine, Options options);

  /// Fences whoever had the partition before, then puts into `into` what the log holds. `into`
  /// stays empty where it holds nothing yet. Fails with invalid_input for a state that this program
  /// cannot use because a newer one has written it, with not_found where a part of it is missing.
  Result<> take_over(store::Replica& into);

  Result<> append(const std::string& changes) override;
  Result<std::optional<std::string>> settle() override;
  std::optional<std::filesystem::path> wants_copy() override;
  Result<> keep_copy(const std::filesystem::path& copy) override;
  void give_up(const Error& why) override;

  /// After take_over(): the log held nothing.
  bool is_new() const { return is_new_; }

  // From any thread.
  std::uint64_t epoch() const { return epoch_; }
  std::uint64_t last() const { return last_; }
  /// Entries of the log that are not ours; they were passed over.
  std::uint64_t foreign() const { return foreign_ + engine_.passed_over(options_.partition); }

 private:
  /// An entry whose append() was not answered.
  struct Unsettled {
    std::string id;
    std::uint32_t part = 0;
    std::optional<std::string> changes = {};  ///< where it completes them
  };

  PartitionRecord record(PartitionRecord::Kind kind);
  Result<> put(const PartitionRecord& record, const std::string* completes);
  Result<> put_parts(PartitionRecord::Kind kind, const std::string& bytes);
  Result<bool> begin_again();
  Result<bool> pass_over_strangers();
  Result<> refused();
  Error lose();

  engine::GroupEngine& engine_;
  const Options options_;
  std::atomic<std::uint64_t> epoch_ = 0, last_ = 0, foreign_ = 0;
  std::uint64_t records_ = 0;
  std::uint64_t bytes_since_copy_ = 0, entries_since_copy_ = 0, copy_bytes_ = 0;
  bool wants_copy_now_ = false;
  bool needs_copy_ = false;  ///< nothing else may be written before it
  bool is_new_ = false;
  std::optional<Unsettled> unsettled_;
};

}  // namespace handshaked::runtime
