#include "ingest/line_splitter.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/check.h"

namespace handshaked::ingest {

namespace {

/// An idle source keeps no more room than this.
constexpr std::size_t kIdleCapacity = 8 * 1024;

}  // namespace

LineSplitter::LineSplitter(std::size_t line_limit)
    : line_limit_(std::max<std::size_t>(line_limit, 1)) {}

void LineSplitter::start(StartPoint start, std::string_view before) {
  const std::size_t known = static_cast<std::size_t>(
      std::min<std::uint64_t>({before.size(), kNginxLineLimit, start.offset.value}));
  before.remove_prefix(before.size() - known);
  if (capacity_ < known) {
    buffer_ = std::make_unique_for_overwrite<char[]>(known);
    capacity_ = known;
  }
  if (known > 0) std::memcpy(buffer_.get(), before.data(), known);
  base_ = start.offset.value - known;
  kept_ = 0;
  begin_ = end_ = known;
  cut_ = false;
  skipping_ = start.inside_overlong_line;
}

std::span<char> LineSplitter::writable(std::size_t size) {
  CHECK(size > 0);
  restore_cut_byte();
  kept_ = std::max(kept_, begin_ - std::min(begin_, kNginxLineLimit));
  // Always moved to the front: it is about 2 KiB and a partial line, and a slow source then touches
  // few pages.
  const std::size_t needed = (end_ - kept_) + size;
  if (needed > capacity_) {
    reallocate(needed);
  } else if (kept_ > 0) {
    std::memmove(buffer_.get(), buffer_.get() + kept_, end_ - kept_);
    base_ += kept_;
    begin_ -= kept_;
    end_ -= kept_;
    kept_ = 0;
  }
  return {buffer_.get() + end_, size};
}

void LineSplitter::commit(std::size_t size) {
  CHECK(size <= capacity_ - end_);
  restore_cut_byte();
  end_ += size;
}

std::optional<LineBlock> LineSplitter::next() {
  restore_cut_byte();
  if (skipping_ && !skip_rest_of_line()) return std::nullopt;

  // A line is overlong when no line feed stands in its first line_limit + 1 bytes. `line` is always
  // the beginning of a line. Two turns together move it by more than a limit or end: a few short
  // searches per 64 KiB, none per line.
  const char* const bytes = buffer_.get();
  std::size_t line = begin_;
  while (end_ - line > line_limit_) {
    const void* feed = memrchr(bytes + line, '\n', line_limit_ + 1);
    if (feed == nullptr) {
      cut_at_ = line + line_limit_;
      cut_byte_ = bytes[cut_at_];
      cut_ = true;
      buffer_[cut_at_] = '\n';
      LineBlock block = deliver(cut_at_ + 1);
      begin_ = cut_at_;  // what the '\n' hides is the first skipped byte
      skipping_ = true;
      ++overlong_lines_;
      return block;
    }
    line = static_cast<std::size_t>(static_cast<const char*>(feed) - bytes) + 1;
  }
  if (line < end_) {
    const void* feed = memrchr(bytes + line, '\n', end_ - line);
    if (feed != nullptr)
      line = static_cast<std::size_t>(static_cast<const char*>(feed) - bytes) + 1;
  }
  if (line == begin_) return std::nullopt;
  return deliver(line);
}

std::optional<LineBlock> LineSplitter::finish() {
  restore_cut_byte();
  CHECK(!skipping_ || begin_ == end_);
  if (begin_ == end_) return std::nullopt;
  return deliver(end_);
}

LineSplitter::Buffer LineSplitter::exchange_buffer(Buffer next) {
  kept_ = std::max(kept_, begin_ - std::min(begin_, kNginxLineLimit));
  const std::size_t needed = std::max<std::size_t>(end_ - kept_, 1);
  if (next.capacity < needed)
    next = {.bytes = std::make_unique_for_overwrite<char[]>(capacity_), .capacity = capacity_};
  std::memcpy(next.bytes.get(), buffer_.get() + kept_, end_ - kept_);
  if (cut_)
    next.bytes[cut_at_ - kept_] =
        cut_byte_;  // whoever has the old buffer still sees the line that was cut
  cut_ = false;
  Buffer delivered{.bytes = std::exchange(buffer_, std::move(next.bytes)),
                   .capacity = std::exchange(capacity_, next.capacity)};
  base_ += kept_;
  begin_ -= kept_;
  end_ -= kept_;
  kept_ = 0;
  return delivered;
}

void LineSplitter::shrink() {
  restore_cut_byte();
  kept_ = std::max(kept_, begin_ - std::min(begin_, kNginxLineLimit));
  const std::size_t needed = std::max(end_ - kept_, kIdleCapacity);
  if (capacity_ > needed) reallocate(needed);
}

void LineSplitter::reallocate(std::size_t capacity) {
  auto larger = std::make_unique_for_overwrite<char[]>(capacity);
  if (end_ > kept_) std::memcpy(larger.get(), buffer_.get() + kept_, end_ - kept_);
  buffer_ = std::move(larger);
  capacity_ = capacity;
  base_ += kept_;
  begin_ -= kept_;
  end_ -= kept_;
  kept_ = 0;
}

void LineSplitter::restore_cut_byte() {
  if (!cut_) return;
  buffer_[cut_at_] = cut_byte_;
  cut_ = false;
}

/// True when the line feed of the overlong line was found; begin_ then stands after it.
bool LineSplitter::skip_rest_of_line() {
  if (begin_ == end_) return false;
  const char* const rest = buffer_.get() + begin_;
  const void* feed = std::memchr(rest, '\n', end_ - begin_);
  if (feed == nullptr) {
    skipped_bytes_ += end_ - begin_;
    begin_ = end_;
    return false;
  }
  const auto length = static_cast<std::size_t>(static_cast<const char*>(feed) - rest);
  skipped_bytes_ += length;
  begin_ += length + 1;
  skipping_ = false;
  return true;
}

LineBlock LineSplitter::deliver(std::size_t end) {
  const char* const bytes = buffer_.get();
  const std::size_t before = std::min(begin_ - kept_, kNginxLineLimit);
  LineBlock block{.bytes = {bytes + begin_, end - begin_},
                  .before = {bytes + begin_ - before, before},
                  .offset = position_of(begin_)};
  begin_ = end;
  return block;
}

}  // namespace handshaked::ingest
