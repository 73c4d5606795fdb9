#include "net/deadline.h"

#include <algorithm>

#include <boost/asio/steady_timer.hpp>

namespace handshaked::net {

using Clock = std::chrono::steady_clock;

struct Deadline::State {
  explicit State(const boost::asio::any_io_executor& executor) : timer(executor) {}

  boost::asio::steady_timer timer;
  Clock::time_point whole_end;
  Clock::time_point phase_end;
  std::string_view phase = "starting";
  std::function<void()> cancel;
  bool is_over = false;
  bool is_stopped = false;

  void end() {
    is_over = true;
    if (cancel) cancel();
  }
};

namespace {

// A handler that was queued before the phase changed must not end the new one: it looks at the
// clock, not at its error code, and the newest wait is always the one for `phase_end`.
template <class State>
void wait_for_end(const std::shared_ptr<State>& state) {
  state->timer.expires_at(state->phase_end);
  state->timer.async_wait([weak = std::weak_ptr<State>(state)](boost::system::error_code) {
    const auto alive = weak.lock();
    if (alive && !alive->is_over && Clock::now() >= alive->phase_end) alive->end();
  });
}

}  // namespace

Deadline::Deadline(const boost::asio::any_io_executor& executor, std::chrono::milliseconds whole)
    : state_(std::make_shared<State>(executor)) {
  state_->whole_end = Clock::now() + whole;
  state_->phase_end = state_->whole_end;
  wait_for_end(state_);
}

Deadline::~Deadline() {
  state_->cancel = nullptr;
  state_->timer.cancel();
}

void Deadline::enter(std::string_view phase, std::chrono::milliseconds limit) {
  if (state_->is_over) return;
  state_->phase = phase;
  state_->phase_end = std::min(Clock::now() + limit, state_->whole_end);
  wait_for_end(state_);
}

void Deadline::guard(std::function<void()> cancel) {
  state_->cancel = std::move(cancel);
  if (state_->is_over) state_->cancel();
}

void Deadline::unguard() { state_->cancel = nullptr; }

void Deadline::stop() {
  if (state_->is_over) return;
  state_->is_stopped = true;
  state_->end();
}

bool Deadline::is_over() const { return state_->is_over; }

Error Deadline::error() const {
  if (state_->is_stopped)
    return Error(ErrorCode::cancelled, "stopped while " + std::string(state_->phase));
  return Error(ErrorCode::timeout, "timed out while " + std::string(state_->phase));
}

std::chrono::milliseconds Deadline::remaining() const {
  const auto left =
      std::chrono::duration_cast<std::chrono::milliseconds>(state_->phase_end - Clock::now());
  return state_->is_over ? std::chrono::milliseconds(0)
                         : std::max(left, std::chrono::milliseconds(0));
}

}  // namespace handshaked::net
