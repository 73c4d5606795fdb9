#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/result.h"
#include "base/text/line_count.h"
#include "ingest/block_reader.h"

namespace handshaked::cli {

/// What is known of a block besides its bytes.
struct BlockPlace {
  std::uint64_t lines_before = 0;
  std::uint64_t lines = 0;
  std::uint64_t stored_bytes_read = 0;  ///< of the file, when the block had been read
  std::uint64_t overlong_lines = 0;     ///< up to there
  bool ends_group = false;              ///< another thread may analyse the next block
};

/// A mebibyte each: to wake a thread for fewer costs too much, and so does a hand-over of folded
/// failures, each of which costs something.
inline constexpr std::size_t kBlocksInGroup = 32;

/// Reads one log as read_log() does, but its blocks are analysed on several threads. The caller's
/// thread reads, unpacks, and is given what was found, block by block in the order of the log: what
/// comes out does not depend on the number of threads. Memory is bounded by the groups.
template <class Finding>
class ThreadedReading {
 public:
  /// Looks at one block, on one thread. `finding` is what consume() left of an earlier one: its
  /// memory may be used again.
  using Analyse = std::function<void(const ingest::LineBlock& block, const BlockPlace& place,
                                     Finding& finding)>;
  /// Takes what was found; false ends the reading.
  using Consume = std::function<bool(const ingest::LineBlock& block, const BlockPlace& place,
                                     Finding& finding)>;

  /// One element of `analysts` a thread.
  explicit ThreadedReading(std::vector<Analyse> analysts) : groups_(analysts.size() + 2) {
    for (Analyse& analyse : analysts)
      threads_.emplace_back([this, analyse = std::move(analyse)] { work(analyse); });
  }
  ~ThreadedReading() {
    {
      const std::lock_guard lock(mutex_);
      is_over_ = true;
    }
    has_work_.notify_all();
    for (std::thread& thread : threads_) thread.join();
  }
  ThreadedReading(const ThreadedReading&) = delete;
  ThreadedReading& operator=(const ThreadedReading&) = delete;

  /// Once. Fails with what was wrong with the file; what had been read before has reached
  /// `consume`.
  Result<> read(const std::string& path, const Consume& consume) {
    TRY(auto reader, ingest::BlockReader::open(path));
    std::optional<Error> failure;
    bool is_read = false;
    for (std::size_t consumed = 0;; ++consumed) {
      while (!is_read && published_ - consumed < groups_.size())
        is_read = !publish_group(reader, failure);
      if (consumed == published_) break;
      if (!consume_group(groups_[consumed % groups_.size()], consume)) return success();
    }
    return failure ? Result<>(fail(*failure)) : success();
  }

 private:
  struct Item {
    ingest::LineSplitter::Buffer buffer;
    ingest::LineBlock block;
    BlockPlace place;
    Finding finding;
  };
  struct Group {
    std::vector<Item> items = std::vector<Item>(kBlocksInGroup);
    std::size_t used = 0;
    bool is_done = false;
  };

  /// False at the end of the log.
  bool publish_group(ingest::BlockReader& reader, std::optional<Error>& failure) {
    Group& group = groups_[published_ % groups_.size()];
    bool goes_on = true;
    group.used = 0;
    group.is_done = false;
    while (goes_on && group.used < kBlocksInGroup) {
      const auto block = reader.next();
      if (!block) failure = block.error();
      goes_on = block && block.value();
      if (goes_on) add(group.items[group.used++], *block.value(), reader);
    }
    if (group.used == 0) return false;
    group.items[group.used - 1].place.ends_group = true;
    {
      const std::lock_guard lock(mutex_);
      ++published_;
    }
    has_work_.notify_one();
    return goes_on;
  }

  void add(Item& item, const ingest::LineBlock& block, ingest::BlockReader& reader) {
    const std::uint64_t lines = count_lines(block.bytes) + (block.bytes.ends_with('\n') ? 0 : 1);
    item.block = block;
    item.buffer = reader.exchange_buffer(std::move(item.buffer));
    item.place = {.lines_before = lines_,
                  .lines = lines,
                  .stored_bytes_read = reader.bytes_read(),
                  .overlong_lines = reader.overlong_lines(),
                  .ends_group = false};
    lines_ += lines;
  }

  bool consume_group(Group& group, const Consume& consume) {
    {
      std::unique_lock lock(mutex_);
      is_done_.wait(lock, [&group] { return group.is_done; });
    }
    for (std::size_t i = 0; i < group.used; ++i) {
      Item& item = group.items[i];
      if (!consume(item.block, item.place, item.finding)) return false;
    }
    return true;
  }

  void work(const Analyse& analyse) {
    std::unique_lock lock(mutex_);
    while (true) {
      has_work_.wait(lock, [this] { return is_over_ || taken_ < published_; });
      if (is_over_) return;
      Group& group = groups_[taken_++ % groups_.size()];
      lock.unlock();
      for (std::size_t i = 0; i < group.used; ++i)
        analyse(group.items[i].block, group.items[i].place, group.items[i].finding);
      lock.lock();
      group.is_done = true;
      is_done_.notify_one();
    }
  }

  std::vector<Group> groups_;  ///< a ring: published_ and taken_ count on
  std::uint64_t lines_ = 0;
  std::mutex mutex_;  // guards what follows, and whose turn a group is
  std::condition_variable has_work_, is_done_;
  std::size_t published_ = 0;
  std::size_t taken_ = 0;
  bool is_over_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace handshaked::cli
