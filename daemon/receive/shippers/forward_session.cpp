#include "receive/shippers/forward_session.h"

#include <utility>

#include "receive/record/message_pack.h"
#include "receive/record/picked_record.h"
#include "receive/shippers/decoding_session.h"

// g++ 12 takes the frame of a coroutine, which Asio allocates, for memory of the global operator
// new.
#pragma GCC diagnostic ignored "-Wmismatched-new-delete"

namespace handshaked::receive {
namespace {

using boost::asio::awaitable;

constexpr std::size_t kNonceBytes = 16;

class ForwardConversation final : public DecodingSession<ForwardDecoder> {
 public:
  ForwardConversation(Connection connection, std::shared_ptr<const ForwardOptions> options)
      : DecodingSession(connection, options->limits,
                        {.idle = options->idle, .progress = options->progress}, "a message"),
        options_(std::move(options)),
        picker_(options_->fields) {}

  awaitable<Result<>> run() {
    if (!options_->secrets.shared_key.empty()) {
      CO_TRY(co_await shake_hands());
    }
    auto ended = co_await converse();
    co_return ended;
  }

 private:
  awaitable<Result<>> shake_hands() {
    connection_.stream.expect_within(patience_.progress);
    CO_TRY(std::string nonce, random_text(kNonceBytes));
    CO_TRY(std::string salt, random_text(kNonceBytes));
    const ForwardHandshake handshake(options_->secrets, options_->host, std::move(nonce),
                                     std::move(salt));
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
      CO_TRY(const std::size_t size,
             co_await connection_.stream.read_some(
                 connection_.scratch.first(ForwardHandshake::kMaxPingBytes)));
      if (size == 0) co_return fail(ErrorCode::network, "it ended during the handshake");
      ping.append(connection_.scratch.data(), size);
    }
    CO_TRY(const ForwardHandshake::Verdict verdict,
           handshake.judge(std::string_view(ping).substr(0, scan.size())));
    CO_TRY(co_await connection_.stream.write_all(verdict.pong));
    if (!verdict.accepted)
      co_return fail(ErrorCode::permission_denied, "handshake: " + verdict.reason);
    const std::string_view rest = std::string_view(ping).substr(scan.size());
    if (!decoder_.reserve(rest.size())) co_return fail(decoder_.refusal(rest.size()));
    decoder_.feed(rest);
    co_return success();
  }

  /// All that can be decoded from what has arrived.
  awaitable<Result<>> take_events() override {
    while (true) {
      CO_TRY(const ForwardEvent event, decoder_.next());
      if (event.kind != ForwardEvent::Kind::need_bytes) note_progress();
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
        case ForwardEvent::Kind::record:
          take_record(event);
          if (is_turn_over()) co_await connection_.let_others_work();
          break;
        case ForwardEvent::Kind::oversized:
          refuse("larger than " + std::to_string(options_->limits.max_record_bytes) + " bytes");
          break;
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
    else if (!add_picked(connection_.intake, picker_, event.time))
      refuse("a record without a field that holds its text");
  }

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
    connection_.stream.expect_within(patience_.progress);
    auto written = co_await connection_.stream.write_all(ack);
    co_return written;
  }

  std::shared_ptr<const ForwardOptions> options_;
  FieldPicker picker_;
  bool has_unnamed_ = false;  ///< records were added whose message names no chunk
};

awaitable<Result<>> run_forward(Connection connection,
                                std::shared_ptr<const ForwardOptions> options) {
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
