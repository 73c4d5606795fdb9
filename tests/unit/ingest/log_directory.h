#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "ingest/log_tail.h"
#include "support/temp_dir.h"

namespace handshaked::test {

/// A directory with logs in it, and what happens to logs.
class LogDirectory {
 public:
  std::string path(const std::string& name = "error.log") const {
    return (directory_ / name).string();
  }

  void append(const std::string& text, const std::string& name = "error.log") {
    std::ofstream(path(name), std::ios::app | std::ios::binary) << text;
  }
  void overwrite(const std::string& text, const std::string& name = "error.log") {
    std::ofstream(path(name), std::ios::trunc | std::ios::binary) << text;
  }
  void rename(const std::string& from, const std::string& to) {
    std::filesystem::rename(path(from), path(to));
  }
  void remove(const std::string& name = "error.log") { std::filesystem::remove(path(name)); }
  void copy(const std::string& from, const std::string& to) {
    std::filesystem::copy_file(path(from), path(to));
  }
  void truncate(const std::string& name = "error.log", std::uintmax_t size = 0) {
    std::filesystem::resize_file(path(name), size);
  }
  /// gzip and zstd replace the file, as logrotate has them do, and keep its time.
  void compress(const std::string& name, const std::string& program = "gzip") {
    const std::string options = program == "zstd" ? " -q --rm " : " ";
    ASSERT_EQ(0, std::system((program + options + path(name)).c_str()));
  }
  std::string read(const std::string& name) const {
    std::ifstream file(path(name), std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }

 private:
  TempDir directory_;
};

/// Keeps the lines it is given, without their line feeds.
class LineCollector final : public ingest::BlockHandler {
 public:
  void on_block(const ingest::TailBlock& block) override {
    std::string_view rest = block.lines.bytes;
    while (!rest.empty()) {
      const auto end = rest.find('\n');
      lines.emplace_back(rest.substr(0, end));
      rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
    }
    paths.emplace_back(block.path);
    befores.emplace_back(block.lines.before);
    offsets.push_back(block.lines.offset.value);
  }
  std::vector<std::string> take() { return std::exchange(lines, {}); }

  std::vector<std::string> lines;
  std::vector<std::string> paths;
  std::vector<std::string> befores;
  std::vector<std::uint64_t> offsets;
};

using Lines = std::vector<std::string>;
using Kind = ingest::TailEvent::Kind;

/// A LogTail with its handler and its clock; restart() is what a kill and a start of the daemon are
/// to it.
class Follower {
 public:
  explicit Follower(std::string path, ingest::LogTailOptions options = {.from_start = true})
      : path_(std::move(path)), options_(options) {
    tail_.emplace(path_, options_);
  }

  /// Steps until nothing is left, and gives the lines that came.
  Lines lines(Duration later = std::chrono::milliseconds(1)) {
    now_ += later;
    ingest::TailStep step;
    int steps = 0;
    do {
      step = tail_->step(collector, now_);
      events.insert(events.end(), step.events.begin(), step.events.end());
      EXPECT_LT(++steps, 10000);
    } while (step.more && steps < 10000);
    return collector.take();
  }
  /// The position goes through its text, as through the store.
  void restart() {
    const auto parsed = ingest::parse_read_position(ingest::to_text(tail_->position()));
    ASSERT_TRUE(parsed);
    ASSERT_EQ(parsed.value(), tail_->position());
    tail_.emplace(path_, options_, parsed.value());
  }
  void stop() {
    saved_ = ingest::to_text(tail_->position());
    tail_.reset();
  }
  void start() { tail_.emplace(path_, options_, ingest::parse_read_position(saved_).value()); }

  ingest::LogTail& tail() { return *tail_; }
  std::size_t count(Kind kind) const {
    return static_cast<std::size_t>(std::count_if(
        events.begin(), events.end(), [&](const auto& event) { return event.kind == kind; }));
  }
  std::optional<ingest::TailEvent> last(Kind kind) const {
    for (auto event = events.rbegin(); event != events.rend(); ++event) {
      if (event->kind == kind) return *event;
    }
    return std::nullopt;
  }

  LineCollector collector;
  std::vector<ingest::TailEvent> events;

 private:
  std::string path_;
  ingest::LogTailOptions options_;
  std::optional<ingest::LogTail> tail_;
  std::string saved_;
  Time now_ = wall_clock_now();
};

inline std::vector<std::string> together(const std::vector<std::string>& a,
                                         const std::vector<std::string>& b) {
  std::vector<std::string> sum = a;
  sum.insert(sum.end(), b.begin(), b.end());
  return sum;
}

}  // namespace handshaked::test
