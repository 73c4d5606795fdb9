#pragma once

#include <sys/types.h>

#include <mutex>
#include <optional>

#include "base/result.h"
#include "diagnose/probe/child/system_call_filter.h"

namespace handshaked::diagnose {

int run_child_starter();

/// Where children come from: one process of this binary, started anew from /proc/self/exe with an
/// empty environment and no descriptor of ours, prepares OpenSSL and forks each of them from that
/// state. So a child has nothing of our memory, as if it were started anew itself, and costs a
/// tenth of that: most of a start is the dynamic linker's and OpenSSL's. It reads orders from us
/// and nothing from anybody else; it ends with us, and is started again when it has ended. Any
/// thread.
class ChildStarter {
 public:
  static ChildStarter& of_this_process();
  ~ChildStarter();
  ChildStarter(const ChildStarter&) = delete;
  ChildStarter& operator=(const ChildStarter&) = delete;

  /// Begins now what the first child waits for.
  void prepare();
  /// A child whose standard input and output are `socket`, of which it has its own.
  Result<pid_t> start(ChildTask task, int socket);
  /// Kills the child, if it still runs. Its status as of waitpid(2); nothing when that is not
  /// known: then it has ended, or will at the end of its input.
  std::optional<int> end(pid_t child);

 private:
  friend int run_child_starter();
  struct Order;
  ChildStarter() = default;
  Result<> begin();
  Result<int> ask(const Order& order, int descriptor);
  void give_up();

  std::mutex mutex_;  ///< one order at a time
  pid_t id_ = -1;
  int socket_ = -1;
};

/// Is this process the starter? main() asks before anything else.
bool is_child_starter(int argc, const char* const* argv);
/// Its whole life, and that of the children, which are forks of it. Returns the exit status.
int run_child_starter();

}  // namespace handshaked::diagnose
