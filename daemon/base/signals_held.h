#pragma once

#include <csignal>
#include <initializer_list>

namespace handshaked {

/// While it lives, a wish of the operator's to stop (SIGINT, SIGTERM, SIGHUP) waits to be asked
/// for, in this thread and those that it starts: what must be put back or cleared away is, and then
/// the process ends.
class SignalsHeld {
 public:
  SignalsHeld() {
    ::sigemptyset(&held_);
    for (const int signal : {SIGINT, SIGTERM, SIGHUP}) ::sigaddset(&held_, signal);
    ::pthread_sigmask(SIG_BLOCK, &held_, &before_);
  }
  ~SignalsHeld() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  SignalsHeld(const SignalsHeld&) = delete;
  SignalsHeld& operator=(const SignalsHeld&) = delete;

  bool is_asked_to_stop() const {
    sigset_t pending;
    ::sigpending(&pending);
    for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
      if (::sigismember(&pending, signal) == 1) return true;
    }
    return false;
  }

 private:
  sigset_t held_{}, before_{};
};

}  // namespace handshaked
