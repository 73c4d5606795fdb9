#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

namespace handshaked::match {

/// Texts that are made at some cost and asked for again and again, by key. When they grow beyond
/// `max_bytes` all are forgotten: what is needed is made again. From any thread.
class TextMemo {
 public:
  explicit TextMemo(std::size_t max_bytes = std::size_t{2} << 20) : max_bytes_(max_bytes) {}

  /// The text of `key`; `make` is called when it is not known. `make` is called without a lock, so
  /// perhaps twice by two threads.
  std::shared_ptr<const std::string> find_or_make(const std::string& key,
                                                  const std::function<std::string()>& make);

 private:
  const std::size_t max_bytes_;
  std::mutex mutex_;  // guards what follows
  std::unordered_map<std::string, std::shared_ptr<const std::string>> texts_;
  std::size_t bytes_ = 0;
};

}  // namespace handshaked::match
