#include "cli/watch/terminal_screen.h"

#include <poll.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <csignal>

namespace handshaked::cli {
namespace {

constexpr std::string_view kEnter = "\x1b[?1049h\x1b[?25l\x1b[2J";  // the other screen, no cursor
constexpr std::string_view kLeave = "\x1b[0m\x1b[?25h\x1b[?1049l";

void write_all(std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(STDOUT_FILENO, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return;  // the terminal is gone: wait() sees it
    text.remove_prefix(static_cast<std::size_t>(written));
  }
}

sigset_t heard_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int one : {SIGTERM, SIGHUP, SIGINT, SIGWINCH}) sigaddset(&signals, one);
  return signals;
}

}  // namespace

TerminalScreen::TerminalScreen() {
  ::tcgetattr(STDIN_FILENO, &before_);
  termios raw = before_;
  raw.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO | ISIG | IEXTEN);
  raw.c_iflag &= ~static_cast<tcflag_t>(IXON | ICRNL);
  raw.c_cc[VMIN] = 1;
  raw.c_cc[VTIME] = 0;
  const sigset_t signals = heard_signals();
  ::sigprocmask(SIG_BLOCK, &signals, nullptr);
  signals_ = ::signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
  ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &raw);
  write_all(kEnter);
}

TerminalScreen::~TerminalScreen() {
  write_all(kLeave);
  ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_);
  if (signals_ >= 0) ::close(signals_);
}

WatchView::Size TerminalScreen::size() const {
  winsize window{};
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &window) != 0 || window.ws_row == 0 || window.ws_col == 0)
    return {};
  return {.rows = window.ws_row, .columns = window.ws_col};
}

void TerminalScreen::draw(const std::vector<std::string>& lines) {
  std::string out = "\x1b[?2026h\x1b[H";  // at once, where the terminal knows how
  for (std::size_t i = 0; i < lines.size(); ++i) {
    out += lines[i];
    out += i + 1 < lines.size() ? "\x1b[K\r\n" : "\x1b[K\x1b[J";
  }
  write_all(out + "\x1b[?2026l");
}

TerminalScreen::Event TerminalScreen::wait(std::chrono::milliseconds patience) {
  Event event;
  pollfd watched[] = {{.fd = STDIN_FILENO, .events = POLLIN, .revents = 0},
                      {.fd = signals_, .events = POLLIN, .revents = 0}};
  if (::poll(watched, 2, static_cast<int>(patience.count())) <= 0) return event;
  signalfd_siginfo signal{};
  while (::read(signals_, &signal, sizeof signal) == static_cast<ssize_t>(sizeof signal))
    event.is_over = event.is_over || signal.ssi_signo != SIGWINCH;
  if (watched[0].revents == 0) return event;
  char bytes[256];
  const ssize_t count = ::read(STDIN_FILENO, bytes, sizeof bytes);
  if (count <= 0) event.is_over = event.is_over || count == 0 || errno != EINTR;
  std::string typed(bytes, count > 0 ? static_cast<std::size_t>(count) : 0);
  // The rest of a key's sequence may come a little later, over a slow line.
  constexpr int kSequenceGap = 50;
  pollfd rest = watched[0];
  if (typed.ends_with('\x1b') && ::poll(&rest, 1, kSequenceGap) > 0) {
    const ssize_t more = ::read(STDIN_FILENO, bytes, sizeof bytes);
    if (more > 0) typed.append(bytes, static_cast<std::size_t>(more));
  }
  event.keys = read_keys(typed);
  return event;
}

}  // namespace handshaked::cli
