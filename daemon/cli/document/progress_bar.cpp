#include "cli/document/progress_bar.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "base/text/visible_text.h"
#include "cli/document/terminal.h"

namespace handshaked::cli {
namespace {

constexpr auto kPatience = std::chrono::milliseconds(500);
constexpr auto kPause = std::chrono::milliseconds(100);
constexpr std::size_t kCells = 24;

std::string bar_of(double share) {
  std::string bar(kCells, '.');
  std::fill_n(bar.begin(), static_cast<std::size_t>(share * kCells), '#');
  return bar;
}

}  // namespace

ProgressBar::ProgressBar(std::optional<std::uint64_t> total_bytes)
    : total_bytes_(total_bytes), is_terminal_(terminal_width(STDERR_FILENO).has_value()) {}

ProgressBar::~ProgressBar() { erase(); }

bool ProgressBar::is_time_to_draw(Clock::time_point now) {
  if (!is_terminal_ || now - began_at_ < kPatience || now - drawn_at_ < kPause) return false;
  drawn_at_ = now;
  is_drawn_ = true;
  return true;
}

void ProgressBar::show_count(std::size_t done, std::size_t total, const std::string& what) {
  if (total == 0 || !is_time_to_draw(Clock::now())) return;
  const std::string bar = bar_of(static_cast<double>(done) / static_cast<double>(total));
  std::fprintf(stderr, "\r\x1b[K[%s] %zu / %zu  %s", bar.c_str(), done, total,
               visible_text(what).substr(0, 40).c_str());
  std::fflush(stderr);
}

void ProgressBar::show(std::uint64_t done_bytes, const std::string& what) {
  const auto now = Clock::now();
  if (!is_time_to_draw(now)) return;
  const double mebibytes = static_cast<double>(done_bytes) / (1 << 20);
  const double seconds = std::chrono::duration<double>(now - began_at_).count();
  const std::string name = visible_text(what).substr(0, 40);
  if (total_bytes_ && *total_bytes_ > 0) {
    const double share =
        std::min(1.0, static_cast<double>(done_bytes) / static_cast<double>(*total_bytes_));
    std::fprintf(stderr, "\r\x1b[K[%s] %3.0f %%  %.0f MiB/s  %s", bar_of(share).c_str(),
                 share * 100, mebibytes / seconds, name.c_str());
  } else {
    std::fprintf(stderr, "\r\x1b[K%.0f MiB  %.0f MiB/s  %s", mebibytes, mebibytes / seconds,
                 name.c_str());
  }
  std::fflush(stderr);
}

void ProgressBar::erase() {
  if (!is_drawn_) return;
  is_drawn_ = false;
  std::fputs("\r\x1b[K", stderr);
  std::fflush(stderr);
}

}  // namespace handshaked::cli
