// Numbered lines through a random life of a log: each must arrive exactly once.
#include <gtest/gtest.h>

#include <random>
#include <set>

#include "log_directory.h"

namespace handshaked::ingest {
namespace {

using std::chrono::seconds;
using test::Follower;
using test::Kind;
using test::LogDirectory;

class RandomLife {
 public:
  explicit RandomLife(unsigned seed)
      : random_(seed),
        seed_(seed),
        follower_(logs_.path(),
                  {.from_start = true, .line_limit = 64 * 1024, .step_bytes = 500 + seed % 5000}) {}

  void run(int events) {
    logs_.append("");
    read_everything();  // rotated files that are there before the very first look are not read
    for (int i = 0; i < events; ++i) happen();
    finish_line();
    read_everything();
    std::string wrong;
    for (int number = 0; number < next_; ++number) {
      if (seen_.count(number) != 1)
        wrong += std::to_string(number) + " x " + std::to_string(seen_.count(number)) + ", ";
    }
    EXPECT_EQ(wrong, "") << "seed " << seed_ << ", " << history_;
  }

 private:
  void happen() {
    switch (random_() % 16) {
      case 0:
      case 1:
      case 2:
      case 3: return write();
      case 4:
      case 5:
      case 6: return step();
      case 7: return rotate();
      case 8: return write_late();
      case 9: return compress();
      case 10: return copy_and_truncate();
      case 11:
      case 12: return restart();
      case 13: return write_partial();
      case 14: return vanish();
      default: return follower_settles();
    }
  }

  std::string line() {
    return "2026/11/21 04:00:00 [error] " + std::to_string(next_++) + " " +
           std::string(random_() % 300, 'x') + "\n";
  }
  void write() {
    finish_line();
    std::string text;
    for (std::size_t i = random_() % 40; i > 0; --i) text += line();
    logs_.append(text);
  }
  void write_partial() {
    finish_line();
    const std::string text = line();
    const std::size_t cut = random_() % text.size();
    logs_.append(text.substr(0, cut));
    rest_of_line_ = text.substr(cut);
    partial_in_ = "error.log";
  }
  void finish_line() {
    if (rest_of_line_.empty()) return;
    logs_.append(rest_of_line_, partial_in_);
    rest_of_line_.clear();
  }
  /// nginx that has not reopened its logs yet.
  void write_late() {
    if (rotated_ == 0 || !may_write_late_) return;
    if (partial_in_ == "error.log.1") finish_line();
    if (rest_of_line_.empty() || partial_in_ != "error.log.1") logs_.append(line(), "error.log.1");
  }
  void rotate() {
    if (rotated_ >= 6 && !all_read())
      return;  // logrotate deletes the oldest: it must have been read
    finish_line_of_older();
    // A file without a whole line has no fingerprint: whether it grows after its renaming cannot be
    // known once it is compressed.
    const bool has_lines = logs_.read("error.log").find('\n') != std::string::npos;
    if (!has_lines) finish_line();
    if (has_lines && is_new_) read_everything();
    for (int i = rotated_; i > 0; --i) {
      const std::string ending = is_compressed_[static_cast<std::size_t>(i)] ? ".gz" : "";
      logs_.rename("error.log." + std::to_string(i) + ending,
                   "error.log." + std::to_string(i + 1) + ending);
    }
    is_compressed_.insert(is_compressed_.begin() + 1, false);
    ++rotated_;
    logs_.rename("error.log", "error.log.1");
    logs_.append("");
    if (partial_in_ == "error.log") partial_in_ = "error.log.1";
    if (rotated_ > 6) {
      logs_.remove("error.log.7" + std::string(is_compressed_[7] ? ".gz" : ""));
      is_compressed_.pop_back();
      rotated_ = 6;
    }
    is_new_ = true;
    may_write_late_ = has_lines;
    history_ += "rotate ";
  }
  void compress() {
    for (int i = rotated_; i > (random_() % 2 == 0 ? 0 : 1); --i) {
      if (is_compressed_[static_cast<std::size_t>(i)]) continue;
      // Nothing recognises an empty file in its compressed form; then only times of change tell
      // which files are newer.
      if (logs_.read("error.log." + std::to_string(i)).empty()) continue;
      if (i == 1) {
        finish_line_of_older();
        may_write_late_ = false;
      }
      logs_.compress("error.log." + std::to_string(i));
      is_compressed_[static_cast<std::size_t>(i)] = true;
    }
    history_ += "compress ";
  }
  /// Only when everything was read: what is written between copy and truncation is lost to
  /// everybody.
  void copy_and_truncate() {
    if (rotated_ >= 6 && !all_read()) return;
    finish_line();
    if (is_new_) {  // a log that was empty when it was last looked at is not recognised in its copy
      logs_.append(line());
      read_everything();
    }
    const bool was_read = random_() % 2 == 0;
    if (was_read) read_everything();
    for (int i = rotated_; i > 0; --i) {
      const std::string ending = is_compressed_[static_cast<std::size_t>(i)] ? ".gz" : "";
      logs_.rename("error.log." + std::to_string(i) + ending,
                   "error.log." + std::to_string(i + 1) + ending);
    }
    is_compressed_.insert(is_compressed_.begin() + 1, false);
    ++rotated_;
    logs_.copy("error.log", "error.log.1");
    logs_.overwrite(line());
    is_new_ = false;
    if (was_read) read_everything();
    if (rotated_ > 6) {
      read_everything();
      logs_.remove("error.log.7" + std::string(is_compressed_[7] ? ".gz" : ""));
      is_compressed_.pop_back();
      rotated_ = 6;
    }
    may_write_late_ = false;
    history_ += was_read ? "copytruncate-read " : "copytruncate ";
  }
  /// Nobody can tell what is newer than a file that is gone but by the clock: what was rotated is
  /// older than that.
  void vanish() {
    finish_line();
    read_everything();
    for (int i = rotated_; i > 0; --i) {
      const std::string ending = is_compressed_[static_cast<std::size_t>(i)] ? ".gz" : "";
      std::filesystem::last_write_time(
          logs_.path("error.log." + std::to_string(i) + ending),
          std::filesystem::file_time_type::clock::now() - std::chrono::hours(1));
    }
    may_write_late_ = false;
    logs_.remove();
    if (random_() % 2 == 0) step();
    if (random_() % 2 == 0) restart();
    if (random_() % 2 == 0) collect(follower_.lines(seconds(100)));
    logs_.append(line());
    history_ += "vanish ";
  }
  void step() {
    for (std::size_t i = random_() % 6; i > 0; --i)
      follower_.tail().step(follower_.collector, wall_clock_now());
    collect(follower_.collector.take());
    history_ += "step ";
  }
  void restart() {
    collect(follower_.collector.take());
    follower_.restart();
    history_ += "restart ";
  }
  /// A minute passes: drained files are let go, so nobody writes to them any more.
  void follower_settles() {
    finish_line_of_older();
    if (random_() % 4 != 0) return;
    may_write_late_ = false;
    collect(follower_.lines(seconds(100)));
    collect(follower_.lines(seconds(100)));
    history_ += "settle ";
  }
  void finish_line_of_older() {
    if (partial_in_ != "error.log") finish_line();
  }
  void read_everything() { collect(follower_.lines()); }
  bool all_read() {
    read_everything();
    return true;
  }
  void collect(const test::Lines& lines) {
    for (const std::string& text : lines) {
      const std::string head = "2026/11/21 04:00:00 [error] ";
      ASSERT_TRUE(text.starts_with(head))
          << "seed " << seed_ << ": " << text << " after " << history_;
      seen_.insert(std::stoi(text.substr(head.size())));
    }
  }

  LogDirectory logs_;
  std::mt19937 random_;
  unsigned seed_;
  Follower follower_;
  int next_ = 0;
  int rotated_ = 0;
  bool is_new_ = true;           ///< made empty, and perhaps never looked at since
  bool may_write_late_ = false;  ///< nginx still has error.log.1 open
  std::vector<bool> is_compressed_ = std::vector<bool>(1, false);  // from 1
  std::string rest_of_line_;
  std::string partial_in_ = "error.log";
  std::multiset<int> seen_;
  std::string history_;
};

TEST(LogTailRandom, DeliversEveryLineExactlyOnce) {
  const char* rounds = std::getenv("HANDSHAKED_RANDOM_ROUNDS");
  const unsigned last = rounds != nullptr ? static_cast<unsigned>(std::atoi(rounds)) : 20;
  for (unsigned seed = 1; seed <= last && !testing::Test::HasFailure(); ++seed)
    RandomLife(seed).run(120);
}

}  // namespace
}  // namespace handshaked::ingest
