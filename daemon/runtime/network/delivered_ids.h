#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.h"

namespace handshaked::runtime {

/// The names of the batches that the senders of one source have committed lately, so that what one
/// of them repeats because our acknowledgement was lost is not counted twice. Kept in the source's
/// cursor, in the same commit as the batch. As text:
///
///   v2 NAME [NAME ...]     oldest first; each 24 hexadecimal digits, 8 of the sender and 16 of its
///   id, both from SHA-256
///
/// Version 1 had no senders; its names count for everybody. Thread-safe: a sender's second
/// connection may be on another thread.
class DeliveredIds {
 public:
  /// Of all senders together. Who has most of them loses the oldest first, so that nobody can push
  /// out another's.
  static constexpr std::size_t kRemembered = 256;

  /// Takes over what an earlier run committed. Fails with invalid_input for all but what
  /// cursor_with() gives.
  Result<> restore(std::string_view cursor);

  /// What `sender` calls `id`, as all other functions take it.
  static std::string name_of(std::string_view sender, std::string_view id);

  enum class State { unknown, pending, durable };
  State find(const std::string& name) const;
  /// A batch of this name wants to be on its way. Only after `unknown`, the state before, it may;
  /// end() must be called then.
  State begin(const std::string& name);
  /// Calls `tell` once, when the batch that is on its way has ended, with its result: at once when
  /// it is durable, and with cancelled when there is none.
  void when_ended(const std::string& name, std::function<void(Result<>)> tell);
  /// The cursor to commit with that batch. Asked where commits are put in order, so that a later
  /// cursor always holds the earlier ones, and none names a batch that is in no commit yet.
  std::string cursor_with(const std::string& name);
  /// How it ended.
  void end(const std::string& name, const Result<>& result);

 private:
  struct Entry {
    bool is_durable = false;
    bool is_in_commit = false;  ///< and so in order_
    std::vector<std::function<void(Result<>)>> waiting;
  };
  State state_of(const std::string& name) const;
  void forget_one();
  std::string cursor() const;

  mutable std::mutex mutex_;
  std::deque<std::string> order_;
  std::unordered_map<std::string, Entry> entries_;
};

}  // namespace handshaked::runtime
