#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include <sys/types.h>

#include "base/result.h"
#include "diagnose/probe/child/system_call_filter.h"

namespace handshaked::diagnose {

/// One process of this same binary that answers requests (probe_child.h): with an empty environment
/// and nothing of our memory (child_starter.h), no descriptor of ours but its end of one socket,
/// confined to its task (child_confinement.h). The destructor kills it. Not for several threads at
/// once.
class ChildProcess {
 public:
  static Result<ChildProcess> start(ChildTask task);
  /// Starts one and asks whether it could be confined: where it cannot, nothing can be probed or
  /// replayed, and the error says why.
  static Result<> check(std::chrono::steady_clock::time_point deadline);
  ChildProcess(ChildProcess&& other) noexcept;
  ChildProcess& operator=(ChildProcess&& other) noexcept;
  ~ChildProcess();

  /// Sends one line, and with it a descriptor if one is given (the child gets its own), and waits
  /// for one. timeout at the deadline; limit_exceeded for an answer that is too long; io when the
  /// child has ended (how is said); an "error" member of the answer comes back as that Error. After
  /// any failure but the last the child is killed.
  Result<std::string> exchange(std::string line, std::chrono::steady_clock::time_point deadline,
                               std::size_t max_answer_bytes, int descriptor = -1);

  pid_t id() const { return id_; }

 private:
  ChildProcess(pid_t id, int fd) : id_(id), fd_(fd) {}
  Result<> send(std::string_view bytes, std::chrono::steady_clock::time_point deadline,
                int descriptor);
  Result<std::string> receive(std::chrono::steady_clock::time_point deadline,
                              std::size_t max_bytes);
  std::string end();

  pid_t id_ = -1;
  int fd_ = -1;
};

}  // namespace handshaked::diagnose
