#pragma once

#include <termios.h>

#include <chrono>
#include <string>
#include <vector>

#include "cli/watch/watch_view.h"

namespace handshaked::cli {

/// The whole terminal, as long as this lives: another screen, keys as they are pressed, no echo.
/// What was there before comes back, after SIGTERM, SIGHUP and SIGINT too. One at a time; standard
/// input and output are terminals.
class TerminalScreen {
 public:
  TerminalScreen();
  ~TerminalScreen();
  TerminalScreen(const TerminalScreen&) = delete;
  TerminalScreen& operator=(const TerminalScreen&) = delete;

  WatchView::Size size() const;
  void draw(const std::vector<std::string>& lines);

  struct Event {
    bool is_over = false;  ///< the terminal is gone, or somebody wants us to end
    std::vector<WatchKey> keys;
  };
  /// Waits for keys, another size or the end of `patience`.
  Event wait(std::chrono::milliseconds patience);

 private:
  termios before_{};
  int signals_ = -1;  ///< a signalfd
};

}  // namespace handshaked::cli
