#pragma once

#include <chrono>
#include <optional>
#include <stdexcept>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

namespace handshaked::test {

template <class T>
boost::asio::awaitable<void> keep_value(boost::asio::awaitable<T> coroutine,
                                        std::optional<T>& value) {
  value.emplace(co_await std::move(coroutine));
}

/// Runs the loop until the coroutine has ended, at most 20 seconds.
template <class T>
T run_coroutine(boost::asio::io_context& loop, boost::asio::awaitable<T> coroutine) {
  std::optional<T> value;
  std::exception_ptr failure;
  boost::asio::co_spawn(loop, keep_value(std::move(coroutine), value),
                        [&](std::exception_ptr thrown) {
                          failure = thrown;
                          loop.stop();
                        });
  loop.restart();
  loop.run_for(std::chrono::seconds(20));
  if (failure) std::rethrow_exception(failure);
  if (!value) throw std::runtime_error("the coroutine did not end in time");
  return std::move(*value);
}

/// Runs the loop until `condition` holds, at most 20 seconds; true if it came to hold.
template <class Condition>
bool run_until(boost::asio::io_context& loop, Condition condition) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (!condition() && std::chrono::steady_clock::now() < end) {
    loop.restart();
    loop.run_one_for(std::chrono::milliseconds(20));
  }
  return condition();
}

}  // namespace handshaked::test
