#include "receive/network_threads.h"

#include <algorithm>

#include <boost/asio/post.hpp>

#include "receive/connection.h"

namespace handshaked::receive {
namespace {

namespace asio = boost::asio;

/// How late the close of a slow peer may come.
constexpr auto kSweepInterval = std::chrono::milliseconds(500);

}  // namespace

NetworkThread::NetworkThread()
    : guard_(asio::make_work_guard(context_)), sweep_timer_(context_), end_timer_(context_) {}

NetworkThread::~NetworkThread() {
  context_.stop();
  join();
}

void NetworkThread::start() {
  thread_ = std::jthread([this] {
    sweep();
    // What a handler throws (no memory) costs what it was about, not the thread and all the others
    // on it.
    while (true) {
      try {
        context_.run();
        return;
      } catch (const std::exception& thrown) {
        faults_.warn(std::string("a network thread continues after an internal error: ") +
                     thrown.what());
      }
    }
  });
}

std::span<char> NetworkThread::scratch() {
  if (scratch_ == nullptr) scratch_ = std::make_unique<char[]>(kScratchBytes + kScratchPadding);
  return {scratch_.get(), kScratchBytes};
}

void NetworkThread::sweep() {
  const auto now = std::chrono::steady_clock::now();
  for (const auto& [stream, group] : streams_) {
    if (stream->is_overdue(now)) stream->close_overdue();
  }
  if (ending_) finish_if_idle();
  sweep_timer_.expires_after(ending_ ? std::chrono::milliseconds(10) : kSweepInterval);
  sweep_timer_.async_wait([this](boost::system::error_code error) {
    if (!error) sweep();
  });
}

void NetworkThread::begin_end(std::chrono::milliseconds grace) {
  asio::post(context_, [this, grace] {
    ending_ = true;
    for (const auto& cancel : at_end_) cancel();
    for (const auto& [stream, group] : streams_) stream->end_reading();
    end_timer_.expires_after(grace);
    end_timer_.async_wait([this](boost::system::error_code error) {
      if (!error) context_.stop();
    });
    sweep_timer_.cancel();
    sweep();
  });
}

void NetworkThread::finish_if_idle() {
  if (sessions == 0) context_.stop();
}

void NetworkThread::join() {
  if (thread_.joinable()) thread_.join();
}

void NetworkThread::close_quietest(const std::string& group) {
  net::ServerStream* quietest = nullptr;
  for (const auto& [stream, of] : streams_) {
    if (of == group && (quietest == nullptr || stream->progressed_at() < quietest->progressed_at()))
      quietest = stream;
  }
  if (quietest != nullptr) quietest->close();
}

NetworkThread::Watch::Watch(NetworkThread& thread, net::ServerStream& stream, std::string group)
    : thread_(thread), stream_(stream) {
  thread_.streams_.emplace(&stream_, std::move(group));
  if (thread_.is_ending()) stream_.end_reading();
}

NetworkThread::Watch::~Watch() { thread_.streams_.erase(&stream_); }

NetworkThreads::NetworkThreads(std::size_t count) {
  for (std::size_t i = 0; i < std::max<std::size_t>(count, 1); ++i)
    threads_.push_back(std::make_unique<NetworkThread>());
}

void NetworkThreads::start() {
  for (const auto& thread : threads_) thread->start();
}

void NetworkThreads::stop(std::chrono::milliseconds grace) {
  for (const auto& thread : threads_) thread->begin_end(grace);
  for (const auto& thread : threads_) thread->join();
}

NetworkThread& NetworkThreads::least_busy() {
  return **std::min_element(threads_.begin(), threads_.end(),
                            [](const auto& a, const auto& b) { return a->sessions < b->sessions; });
}

}  // namespace handshaked::receive
