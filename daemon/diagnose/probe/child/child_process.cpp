#include "diagnose/probe/child/child_process.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>
#include <vector>

#include "diagnose/probe/child/child_answer.h"
#include "diagnose/probe/child/child_starter.h"
#include "diagnose/probe/child/descriptor_passing.h"

namespace handshaked::diagnose {
namespace {

using Clock = std::chrono::steady_clock;

/// Waits until the socket is ready; timeout at the deadline.
Result<> wait_for(int fd, short events, Clock::time_point deadline) {
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
    if (left <= 0) return fail(ErrorCode::timeout, "the child process did not answer in time");
    pollfd waited{fd, events, 0};
    const int ready = ::poll(&waited, 1, static_cast<int>(std::min<std::int64_t>(left, 60'000)));
    if (ready > 0) return success();
    if (ready < 0 && errno != EINTR) return fail(error_from_errno(errno, "poll"));
  }
}

}  // namespace

Result<ChildProcess> ChildProcess::start(ChildTask task) {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
    return fail(error_from_errno(errno, "socketpair"));
  const auto id = ChildStarter::of_this_process().start(task, ends[1]);
  ::close(ends[1]);
  if (!id) {
    ::close(ends[0]);
    return fail(id.error());
  }
  ::fcntl(ends[0], F_SETFL, O_NONBLOCK);
  return ChildProcess(id.value(), ends[0]);
}

Result<> ChildProcess::check(Clock::time_point deadline) {
  TRY(ChildProcess child, start(ChildTask::judge));
  constexpr std::size_t kMaxAnswerBytes = 64 * 1024;
  TRY(child.exchange(R"({"add":{}})", deadline, kMaxAnswerBytes));
  return success();
}

ChildProcess::ChildProcess(ChildProcess&& other) noexcept
    : id_(std::exchange(other.id_, -1)), fd_(std::exchange(other.fd_, -1)) {}

ChildProcess& ChildProcess::operator=(ChildProcess&& other) noexcept {
  if (this != &other) {
    end();
    id_ = std::exchange(other.id_, -1);
    fd_ = std::exchange(other.fd_, -1);
  }
  return *this;
}

ChildProcess::~ChildProcess() { end(); }

/// Kills the child if it still runs and says how it ended.
std::string ChildProcess::end() {
  if (fd_ >= 0) ::close(std::exchange(fd_, -1));
  if (id_ < 0) return "it has ended before";
  const auto status = ChildStarter::of_this_process().end(std::exchange(id_, -1));
  if (status && WIFSIGNALED(*status))
    return std::string("ended by signal ") + ::strsignal(WTERMSIG(*status));
  if (status && WIFEXITED(*status))
    return "ended with status " + std::to_string(WEXITSTATUS(*status));
  return "ended";
}

Result<> ChildProcess::send(std::string_view bytes, Clock::time_point deadline, int descriptor) {
  while (!bytes.empty()) {
    const ssize_t sent = send_with_descriptor(fd_, bytes, descriptor);
    if (sent > 0) {
      descriptor = -1;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      TRY(wait_for(fd_, POLLOUT, deadline));
    } else if (errno != EINTR) {
      return fail(ErrorCode::io, "the child process has gone");
    }
  }
  return success();
}

Result<std::string> ChildProcess::receive(Clock::time_point deadline, std::size_t max_bytes) {
  std::string line;
  std::vector<char> buffer(64 * 1024);
  for (;;) {
    TRY(wait_for(fd_, POLLIN, deadline));
    const ssize_t got = ::recv(fd_, buffer.data(), buffer.size(), 0);
    if (got > 0) {
      line.append(buffer.data(), static_cast<std::size_t>(got));
      // One answer for one question: what ends with a newline is all of it.
      if (line.back() == '\n') {
        line.pop_back();
        return line;
      }
      if (line.size() > max_bytes)
        return fail(ErrorCode::limit_exceeded, "the answer of the child process is too long");
    } else if (got == 0 || (errno != EAGAIN && errno != EINTR)) {
      return fail(ErrorCode::io, "the child process has gone");
    }
  }
}

Result<std::string> ChildProcess::exchange(std::string line, Clock::time_point deadline,
                                           std::size_t max_answer_bytes, int descriptor) {
  if (fd_ < 0) return fail(ErrorCode::io, "the child process has gone");
  line.push_back('\n');
  auto sent = send(line, deadline, descriptor);
  auto answer =
      sent ? receive(deadline, max_answer_bytes) : Result<std::string>(fail(sent.error()));
  if (!answer) {
    const Error why = answer.error();
    const std::string how = end();
    return why.code() == ErrorCode::io ? fail(ErrorCode::io, why.context() + ": " + how)
                                       : fail(why);
  }
  if (const auto refusal = refusal_in(answer.value())) return fail(*refusal);
  return answer;
}

}  // namespace handshaked::diagnose
