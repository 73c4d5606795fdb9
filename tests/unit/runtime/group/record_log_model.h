#pragma once

#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "engine/record_log.h"

namespace handshaked::runtime::test {

/// Partitions in memory that take every record, in the order in which they come. `happening` is
/// called in the middle of each request, and may do what it likes: let others work, throw.
class RecordLogModel {
 public:
  enum class Fate {
    answered,
    unanswered,
    late,
    lost,
    twice
  };  ///< late: it is done when the next request comes, and nobody hears of it
  std::function<Fate()> happening = [] { return Fate::answered; };

  struct Kept {
    std::uint64_t offset = 0;
    std::string bytes;
  };
  struct Partition {
    std::uint64_t end = 0;
    std::vector<Kept> records;
    std::vector<Kept> ever;  ///< with those that were dropped

    std::uint64_t first() const { return records.empty() ? end : records.front().offset; }
    std::uint64_t add(std::string bytes) {
      ever.push_back({.offset = end, .bytes = bytes});
      records.push_back({.offset = end, .bytes = std::move(bytes)});
      return end++;
    }
  };
  std::map<std::uint32_t, Partition> partitions;
  std::uint64_t requests = 0;

  /// Requests that were under way arrive before this one.
  Fate happen() {
    ++requests;
    const Fate fate = happening();
    for (const auto& [partition, bytes] : std::exchange(late_, {}))
      partitions[partition].add(bytes);
    return fate;
  }
  void come_later(std::uint32_t partition, std::string bytes) {
    late_.emplace_back(partition, std::move(bytes));
  }

 private:
  std::vector<std::pair<std::uint32_t, std::string>> late_;
};

/// One process's way to it.
class RecordLogClient final : public engine::RecordLog {
 public:
  explicit RecordLogClient(RecordLogModel& model) : model_(model) {}

  Result<std::optional<std::uint64_t>> write(std::uint32_t partition,
                                             std::string_view bytes) override {
    using Fate = RecordLogModel::Fate;
    const Fate fate = model_.happen();
    if (fate == Fate::late) model_.come_later(partition, std::string(bytes));
    if (fate == Fate::late || fate == Fate::lost) return no_answer();
    std::uint64_t offset = model_.partitions[partition].add(std::string(bytes));
    if (fate == Fate::twice) offset = model_.partitions[partition].add(std::string(bytes));
    if (fate == Fate::unanswered) return no_answer();
    return offset % 7 == 6 ? std::optional<std::uint64_t>()
                           : std::optional(offset);  // sometimes it does not say where
  }
  Result<std::uint64_t> first(std::uint32_t partition) override {
    if (is_unheard(model_.happen())) return no_answer();
    return model_.partitions[partition].first();
  }
  Result<std::uint64_t> end(std::uint32_t partition) override {
    if (is_unheard(model_.happen())) return no_answer();
    return model_.partitions[partition].end;
  }
  Result<> read(std::uint32_t partition, std::uint64_t from, std::uint64_t end,
                const std::function<Result<>(const Record&)>& take) override {
    if (from >= end) return success();
    if (is_unheard(model_.happen())) return no_answer();
    if (from < model_.partitions[partition].first()) return fail(ErrorCode::not_found, "removed");
    const std::vector<RecordLogModel::Kept> records = model_.partitions[partition].records;
    for (const RecordLogModel::Kept& record : records) {
      if (record.offset < from || record.offset >= end) continue;
      TRY(take({.offset = record.offset, .written_at = {}, .bytes = record.bytes}));
    }
    return success();
  }
  Result<> drop(std::uint32_t partition, std::uint64_t offset) override {
    if (is_unheard(model_.happen())) return no_answer();
    std::erase_if(model_.partitions[partition].records,
                  [offset](const auto& record) { return record.offset < offset; });
    return success();
  }
  Result<std::optional<std::uint64_t>> waiting(std::uint32_t) override {
    return std::optional<std::uint64_t>();
  }

 private:
  static bool is_unheard(RecordLogModel::Fate fate) {
    return fate != RecordLogModel::Fate::answered && fate != RecordLogModel::Fate::twice;
  }
  static boost::outcome_v2::failure_type<Error> no_answer() {
    return fail(ErrorCode::timeout, "no answer");
  }

  RecordLogModel& model_;
};

}  // namespace handshaked::runtime::test
