#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

#include <boost/asio/awaitable.hpp>

#include "receive/connection.h"

namespace handshaked::receive {

/// How long a peer may be silent.
struct SessionPatience {
  std::chrono::milliseconds idle;  ///< between messages
  std::chrono::milliseconds
      progress;  ///< between pieces of one: for each record, or for kProgressBytes of it
};

/// The part that sessions share whose bytes go through a push decoder: read, let the protocol take
/// what can be decoded, wait as long as the peer deserves, hold no more than the sender may.
/// `Decoder` has reserve(), refusal(), feed(), is_waiting_for_more() and release_memory().
template <typename Decoder>
class DecodingSession {
 public:
  /// `unit`: what the protocol calls that which must not break off.
  template <typename Limits>
  DecodingSession(Connection connection, const Limits& limits, SessionPatience patience,
                  std::string_view unit)
      : connection_(connection),
        decoder_(limits, connection.memory),
        patience_(patience),
        unit_(unit) {}
  virtual ~DecodingSession() = default;
  DecodingSession(const DecodingSession&) = delete;
  DecodingSession& operator=(const DecodingSession&) = delete;

 protected:
  /// All that can be decoded from what has arrived; ends with wait_for_more().
  virtual boost::asio::awaitable<Result<>> take_events() = 0;

  /// Until the peer ends, or does something wrong. What was found and not committed is forgotten
  /// then.
  boost::asio::awaitable<Result<>> converse() {
    connection_.stream.expect_within(patience_.idle);
    while (true) {
      auto taken = co_await take_events();
      if (!taken) {
        connection_.intake.discard();
        co_return taken;
      }
      const auto ready = co_await connection_.stream.wait_readable();
      const auto size = ready ? connection_.stream.read_now(connection_.scratch)
                              : Result<std::size_t>(fail(ready.error()));
      if (!size) co_return finish(size.error());
      if (size.value() == 0) continue;
      CO_TRY(feed({connection_.scratch.data(), size.value()}));
    }
  }

  /// Something was decoded: a peer that sends little by little has time anew.
  void note_progress() { progressed_ = true; }

  /// An event was taken. True now and then: it is the turn of the thread's other connections.
  bool is_turn_over() { return ++taken_ % Connection::kPiecesAtOnce == 0; }

  void wait_for_more() {
    const bool goes_on = decoder_.is_waiting_for_more();
    if (!goes_on) {
      connection_.stream.expect_within(patience_.idle);
      decoder_.release_memory();
    } else if (!went_on_ || progressed_ || new_bytes_ >= kProgressBytes) {
      connection_.stream.expect_within(patience_.progress);
      new_bytes_ = 0;
    }
    went_on_ = goes_on;
    progressed_ = false;
  }

  void refuse(const std::string& why) { connection_.intake.count_malformed(1, why); }

  Connection connection_;
  Decoder decoder_;
  const SessionPatience patience_;

 private:
  static constexpr std::size_t kProgressBytes = 16 * 1024;

  Result<> feed(std::string_view bytes) {
    connection_.counters.bytes += bytes.size();
    new_bytes_ += bytes.size();
    if (!decoder_.reserve(bytes.size())) return fail(decoder_.refusal(bytes.size()));
    decoder_.feed(bytes);
    return success();
  }

  Result<> finish(const Error& why) {
    connection_.intake.discard();
    if (decoder_.is_waiting_for_more())
      return fail(ErrorCode::network, "it ended in the middle of " + std::string(unit_));
    // Silence is no fault, nor is an orderly end.
    if (connection_.stream.is_ended() || why.code() == ErrorCode::timeout) return success();
    return fail(why);
  }

  const std::string_view unit_;
  std::size_t taken_ = 0;      ///< events, of this connection
  std::size_t new_bytes_ = 0;  ///< since the peer was given time
  bool went_on_ = false;       ///< then it was in the middle of something
  bool progressed_ = false;    ///< something was decoded since
};

}  // namespace handshaked::receive
