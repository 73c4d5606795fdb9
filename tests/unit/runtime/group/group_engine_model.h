#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "engine/group_engine.h"

namespace handshaked::runtime::test {

/// What an engine promises to a group of workers, in memory: a log for each partition that takes an
/// entry only behind the one that the writer names, and keys that change only from the revision
/// that the writer names. `happening` is called in the middle of each request, and may do what it
/// likes: let others work, throw.
class GroupEngineModel : public engine::GroupEngine {
 public:
  enum class Fate {
    answered,
    unanswered,
    late,
    lost
  };  ///< late: it is done when the next request comes, and nobody hears of it
  std::function<Fate()> happening = [] { return Fate::answered; };
  bool is_fenced = true;

  std::map<std::uint32_t, std::vector<Entry>> logs;
  std::map<std::string, Value> values;

  Result<std::optional<Entry>> last_entry(std::uint32_t partition) override {
    if (!is_heard(happen())) return fail(ErrorCode::timeout, "no answer");
    const auto& log = logs[partition];
    return log.empty() ? std::optional<Entry>() : std::optional(log.back());
  }

  Result<std::optional<std::uint64_t>> append(std::uint32_t partition, std::uint64_t last,
                                              std::string_view payload) override {
    return change(
        [this, partition, last, payload = std::string(payload)]() -> std::optional<std::uint64_t> {
          auto& log = logs[partition];
          if (is_fenced && (log.empty() ? 0 : log.back().sequence) != last) return std::nullopt;
          log.push_back({.sequence = ++sequence_, .payload = payload, .behind = last});
          return sequence_;
        });
  }

  Result<> read_log(std::uint32_t partition, std::uint64_t to,
                    const std::function<Result<>(const Entry&)>& take) override {
    if (!is_heard(happen())) return fail(ErrorCode::timeout, "no answer");
    const std::vector<Entry> log = logs[partition];
    for (const Entry& entry : log) {
      if (entry.sequence > to) break;
      TRY(take(entry));
    }
    return success();
  }

  Result<> drop_before(std::uint32_t partition, std::uint64_t sequence) override {
    if (!is_heard(happen())) return fail(ErrorCode::timeout, "no answer");
    std::erase_if(logs[partition],
                  [sequence](const Entry& entry) { return entry.sequence < sequence; });
    return success();
  }

  Result<std::optional<Value>> value(const std::string& key) override {
    if (!is_heard(happen())) return fail(ErrorCode::timeout, "no answer");
    const auto found = values.find(key);
    return found == values.end() ? std::optional<Value>() : std::optional(found->second);
  }

  Result<std::optional<std::uint64_t>> put(const std::string& key, const std::string& text,
                                           std::optional<std::uint64_t> expected) override {
    return change([this, key, text, expected]() -> std::optional<std::uint64_t> {
      const auto found = values.find(key);
      if (expected && (found == values.end() ? 0 : found->second.revision) != *expected)
        return std::nullopt;
      values[key] = {.text = text, .revision = ++sequence_, .written_at = {}};
      return sequence_;
    });
  }

  Result<std::vector<std::string>> keys(const std::string& prefix) override {
    std::vector<std::string> found;
    for (const auto& [key, value] : values) {
      if (key.starts_with(prefix)) found.push_back(key);
    }
    return found;
  }
  Result<std::optional<std::uint64_t>> waiting(std::uint32_t) override {
    return std::optional<std::uint64_t>();
  }

 private:
  using Change = std::function<std::optional<std::uint64_t>()>;

  static bool is_heard(Fate fate) { return fate == Fate::answered; }

  /// Requests that were under way arrive before this one.
  Fate happen() {
    const Fate fate = happening();
    for (const Change& change : std::exchange(late_, {})) change();
    return fate;
  }

  Result<std::optional<std::uint64_t>> change(Change change) {
    const Fate fate = happen();
    if (fate == Fate::late) late_.push_back(change);
    if (fate == Fate::late || fate == Fate::lost) return fail(ErrorCode::timeout, "no answer");
    const auto done = change();
    if (!is_heard(fate)) return fail(ErrorCode::timeout, "no answer");
    return done;
  }

  std::uint64_t sequence_ = 0;
  std::vector<Change> late_;
};

}  // namespace handshaked::runtime::test
