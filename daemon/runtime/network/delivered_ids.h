#pragma once

#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/result.h"

namespace handshaked::runtime {

/// The names of the batches that one source has committed lately, so that what a sender repeats because our acknowledgement was
/// lost is not counted twice. Kept in the source's cursor, in the same commit as the batch. As text:
///
///   v1 ID [ID ...]     oldest first; each the first 16 hexadecimal digits of the SHA-256 of the name
///
/// Thread-safe: a sender's second connection may be on another thread.
class DeliveredIds {
 public:
  static constexpr std::size_t kRemembered = 256;

  /// Takes over what an earlier run committed. Fails with invalid_input for all but what begin() gives.
  Result<> restore(std::string_view cursor);

  enum class State { unknown, pending, durable };
  State find(std::string_view id) const;
  /// A batch of this name is on its way, for the first time or again.
  void begin(std::string_view id);
  /// The cursor to commit with that batch. Asked where commits are put in order, so that a later cursor always holds the earlier ones,
  /// and none names a batch that is in no commit yet.
  std::string cursor_with(std::string_view id);
  /// How it ended.
  void end(std::string_view id, bool is_durable);

 private:
  struct Entry {
    bool is_durable = false;
    bool is_in_commit = false;  ///< and so in order_
    std::size_t pending = 0;    ///< batches of this name that are on their way
  };
  static std::string hash(std::string_view id);
  std::string cursor() const;

  mutable std::mutex mutex_;
  std::deque<std::string> order_;
  std::unordered_map<std::string, Entry> entries_;
};

}  // namespace handshaked::runtime
