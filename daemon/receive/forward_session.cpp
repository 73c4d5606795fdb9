#include "receive/forward_session.h"

#include <optional>
#include <utility>

#include "receive/message_pack.h"
#include "receive/pack_record.h"
#include "receive/picked_record.h"

namespace handshaked::receive {
namespace {

using boost::asio::awaitable;

constexpr std::size_t kProgressBytes = 16 * 1024;

constexpr std::size_t kNonceBytes = 16;

class ForwardConversation {
 public:
  ForwardConversation(Connection connection, std::shared_ptr<const ForwardOptions> options)
      : connection_(connection), options_(std::move(options)), decoder_(options_->limits), picker_(options_->fields) {}

  awaitable<Result<>> run() {
    if (!options_->secrets.shared_key.empty()) {
      CO_TRY(co_await shake_hands());
    }
    connection_.stream.expect_within(options_->idle);
    while (true) {
      auto taken = co_await take_events();
      if (!taken) {
        connection_.intake.discard();
        co_return taken;
      }
      const auto ready = co_await connection_.stream.wait_readable();
      const auto size = ready ? connection_.stream.read_now(connection_.scratch) : Result<std::size_t>(fail(ready.error()));
      if (!size) co_return finish(size.error());
      if (size.value() == 0) continue;
      CO_TRY(feed({connection_.scratch.data(), size.value()}));
    }
  }

 private:
  awaitable<Result<>> shake_hands() {
    connection_.stream.expect_within(options_->progress);
    CO_TRY(std::string nonce, random_text(kNonceBytes));
    CO_TRY(std::string salt, random_text(kNonceBytes));
    const ForwardHandshake handshake(options_->secrets, options_->host, std::move(nonce), std::move(salt));
    const std::string helo = handshake.helo();
    CO_TRY(co_await connection_.stream.write_all(helo));
    std::string ping;
    PackScan scan;
    while (true) {
      const PackStatus status = scan.advance(ping);
      if (status == PackStatus::done) break;
      if (status == PackStatus::invalid || ping.size() > ForwardHandshake::kMaxPingBytes) {
        co_return fail(ErrorCode::invalid_input, "no PING: this source asks for a shared key");
      }
      CO_TRY(const std::size_t size, co_await connection_.stream.read_some(connection_.scratch.first(ForwardHandshake::kMaxPingBytes)));
      if (size == 0) co_return fail(ErrorCode::network, "it ended during the handshake");
      ping.append(connection_.scratch.data(), size);
    }
    CO_TRY(const ForwardHandshake::Verdict verdict, handshake.judge(std::string_view(ping).substr(0, scan.size())));
    CO_TRY(co_await connection_.stream.write_all(verdict.pong));
    if (!verdict.accepted) co_return fail(ErrorCode::permission_denied, "handshake: " + verdict.reason);
    decoder_.feed(std::string_view(ping).substr(scan.size()));
    co_return success();
  }

  /// All that can be decoded from what has arrived.
  awaitable<Result<>> take_events() {
    while (true) {
      CO_TRY(const ForwardEvent event, decoder_.next());
      progressed_ = progressed_ || event.kind != ForwardEvent::Kind::need_bytes;
      switch (event.kind) {
        case ForwardEvent::Kind::need_bytes:
          if (decoder_.is_between_messages()) {
            CO_TRY(co_await hand_over_unnamed());
          }
          wait_for_more();
          co_return success();
        case ForwardEvent::Kind::message_begin:
          // What has a name is committed by itself.
          if (event.has_option) {
            CO_TRY(co_await hand_over_unnamed());
          }
          break;
        case ForwardEvent::Kind::record: take_record(event); break;
        case ForwardEvent::Kind::oversized: refuse("larger than " + std::to_string(options_->limits.max_record_bytes) + " bytes"); break;
        case ForwardEvent::Kind::unreadable: refuse("an entry that is not [time, map]"); break;
        case ForwardEvent::Kind::message_end: {
          if (event.chunk.empty()) {
            has_unnamed_ = true;
            break;
          }
          const std::string chunk(event.chunk);
          CO_TRY(co_await acknowledge(chunk));
          break;
        }
      }
    }
  }

  void take_record(const ForwardEvent& event) {
    ++connection_.counters.records;
    if (!pick_pack_fields(event.record, picker_)) refuse("a record that cannot be read");
    else if (!add_picked(connection_.intake, picker_, event.time)) refuse("a record without a field that holds its text");
  }

  void refuse(const std::string& why) { connection_.intake.count_malformed(1, why); }

  awaitable<Result<>> hand_over_unnamed() {
    if (!has_unnamed_) co_return success();
    has_unnamed_ = false;
    connection_.stream.expect_nothing();
    auto done = co_await connection_.intake.hand_over();
    co_return done;
  }

  awaitable<Result<>> acknowledge(const std::string& chunk) {
    if (connection_.intake.is_duplicate(chunk)) connection_.intake.discard();
    connection_.stream.expect_nothing();
    const BatchOptions batch{.id = chunk};
    CO_TRY(co_await connection_.intake.commit(batch));
    std::string ack;
    append_pack_map(ack, 1);
    append_pack_string(ack, "ack");
    append_pack_string(ack, chunk);
    connection_.stream.expect_within(options_->progress);
    auto written = co_await connection_.stream.write_all(ack);
    co_return written;
  }

  /// A peer that sends little by little has `progress` for each record, or for kProgressBytes of it.
  void wait_for_more() {
    const bool goes_on = decoder_.is_waiting_for_more();
    if (!goes_on) {
      connection_.stream.expect_within(options_->idle);
      decoder_.release_memory();
      held_.reset();
    } else if (!went_on_ || progressed_ || new_bytes_ >= kProgressBytes) {
      connection_.stream.expect_within(options_->progress);
      new_bytes_ = 0;
    }
    went_on_ = goes_on;
    progressed_ = false;
  }

  Result<> feed(std::string_view bytes) {
    connection_.counters.bytes += bytes.size();
    new_bytes_ += bytes.size();
    if (!held_) held_.emplace(connection_.memory);
    if (!held_->grow_to(decoder_.held() + bytes.size())) return fail(ErrorCode::limit_exceeded, "all connections together hold too much");
    decoder_.feed(bytes);
    return success();
  }

  Result<> finish(const Error& why) {
    connection_.intake.discard();
    if (decoder_.is_waiting_for_more()) return fail(ErrorCode::network, "it ended in the middle of a message");
    // Silence is no fault, nor is an orderly end.
    if (connection_.stream.is_ended() || why.code() == ErrorCode::timeout) return success();
    return fail(why);
  }

  Connection connection_;
  std::shared_ptr<const ForwardOptions> options_;
  ForwardDecoder decoder_;
  FieldPicker picker_;
  std::optional<Reservation> held_;
  std::size_t new_bytes_ = 0;  ///< since the peer was given time
  bool went_on_ = false;       ///< then it was in the middle of something
  bool progressed_ = false;    ///< something was decoded since
  bool has_unnamed_ = false;   ///< records were added whose message names no chunk
};

awaitable<Result<>> run_forward(Connection connection, std::shared_ptr<const ForwardOptions> options) {
  ForwardConversation conversation(connection, std::move(options));
  auto ended = co_await conversation.run();
  co_return ended;
}

}  // namespace

Session forward_session(ForwardOptions options) {
  const auto shared = std::make_shared<const ForwardOptions>(std::move(options));
  return [shared](Connection connection) { return run_forward(connection, shared); };
}

}  // namespace handshaked::receive
