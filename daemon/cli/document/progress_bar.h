#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace handshaked::cli {

/// How far long work has come, on standard error. Shown only on a terminal and only once the work
/// has taken a while; it erases itself.
class ProgressBar {
 public:
  /// `total_bytes` nullopt: it is not known how much there is.
  explicit ProgressBar(std::optional<std::uint64_t> total_bytes);
  ~ProgressBar();
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;

  /// Cheap: draws at most ten times a second.
  void show(std::uint64_t done_bytes, const std::string& what);
  /// The same for things that are counted: "[####....] 40 of 1000".
  void show_count(std::size_t done, std::size_t total, const std::string& what);
  /// Takes the bar off the screen, for a message in between.
  void erase();

 private:
  using Clock = std::chrono::steady_clock;
  bool is_time_to_draw(Clock::time_point now);

  std::optional<std::uint64_t> total_bytes_;
  bool is_terminal_;
  bool is_drawn_ = false;
  Clock::time_point began_at_ = Clock::now();
  Clock::time_point drawn_at_ = began_at_;
};

}  // namespace handshaked::cli
