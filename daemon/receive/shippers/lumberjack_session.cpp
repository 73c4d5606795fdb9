#include "receive/shippers/lumberjack_session.h"

#include <memory>
#include <string>
#include <utility>

#include "receive/record/json_lines.h"
#include "receive/record/json_record.h"
#include "receive/record/picked_record.h"
#include "receive/shippers/decoding_session.h"

namespace handshaked::receive {
namespace {

using boost::asio::awaitable;

constexpr std::size_t kMostContext = 16 * 1024;

/// Acknowledged together at the latest then.
constexpr std::size_t kMostEventsABatch = 20'000;

class LumberjackConversation final : public DecodingSession<LumberjackDecoder> {
 public:
  LumberjackConversation(Connection connection, std::shared_ptr<const LumberjackOptions> options)
      : DecodingSession(connection, options->limits,
                        {.idle = options->idle, .progress = options->progress}, "a frame"),
        options_(std::move(options)),
        picker_(options_->fields) {}

  awaitable<Result<>> run() {
    auto ended = co_await converse();
    co_return ended;
  }

 private:
  awaitable<Result<>> take_events() override {
    while (true) {
      CO_TRY(const LumberjackEvent event, decoder_.next());
      if (event.kind == LumberjackEvent::Kind::need_bytes) {
        CO_TRY(co_await acknowledge());
        wait_for_more();
        co_return success();
      }
      note_progress();
      take_event(event);
      if (is_turn_over()) co_await connection_.let_others_work();
      if (unacknowledged_ >= kMostEventsABatch) {
        CO_TRY(co_await acknowledge());
      }
    }
  }

  void take_event(const LumberjackEvent& event) {
    if (event.kind == LumberjackEvent::Kind::window) {
      // A sender may begin a window before the last one was acknowledged; each expects its own
      // acknowledgement.
      end_window();
      window_left_ = event.sequence;
      return;
    }
    ++unacknowledged_;
    version_ = event.version;
    sequence_ = event.sequence;
    has_sequence_ = true;
    ++connection_.counters.records;
    switch (event.kind) {
      case LumberjackEvent::Kind::json: take_json(event.body); break;
      case LumberjackEvent::Kind::pairs:
        if (!pick_lumberjack_pairs(event.body, picker_)) refuse("an event that cannot be read");
        else take_picked();
        break;
      default:
        refuse("an event of more than " + std::to_string(options_->limits.max_event_bytes) +
               " bytes");
    }
    if (window_left_ > 0 && --window_left_ == 0) end_window();
  }

  void take_json(std::string_view json) {
    JsonRecordReader& reader = connection_.json;
    if (find_json_candidate(connection_.intake, json, 0) == std::string_view::npos) {
      previous_ = json.size() <= kMostContext ? json : std::string_view();
      return;
    }
    // The line before tells whether this one was written by a stranger into the middle of it.
    if (!previous_.empty()) {
      context_.append(previous_);
      if (reader.read(context_.view(), picker_)) add_picked(connection_.intake, picker_);
      context_.consume(context_.size());
      previous_.clear();
    }
    if (const auto read = reader.read(json, picker_); !read) refuse(read.error().context());
    else take_picked();
  }

  void take_picked() {
    if (!add_picked(connection_.intake, picker_))
      refuse("an event without a field that holds its text");
  }

  void end_window() {
    if (!has_sequence_) return;
    append_lumberjack_ack(acknowledgements_, version_, sequence_);
    has_sequence_ = false;
  }

  awaitable<Result<>> acknowledge() {
    if (unacknowledged_ == 0) co_return success();
    end_window();
    unacknowledged_ = 0;
    connection_.stream.expect_nothing();
    CO_TRY(co_await connection_.intake.commit());
    const std::string acknowledgements = std::exchange(acknowledgements_, {});
    connection_.stream.expect_within(patience_.progress);
    auto written = co_await connection_.stream.write_all(acknowledgements);
    co_return written;
  }

  std::shared_ptr<const LumberjackOptions> options_;
  FieldPicker picker_;
  std::string previous_;  ///< the event before, if it was not looked into
  ByteWindow context_;
  std::uint32_t window_left_ = 0;   ///< events until an acknowledgement is due
  std::size_t unacknowledged_ = 0;  ///< events since the last commit
  char version_ = '2';
  std::uint32_t sequence_ = 0;  ///< of the last event
  bool has_sequence_ = false;   ///< and it has not been acknowledged
  std::string acknowledgements_;
};

awaitable<Result<>> run_lumberjack(Connection connection,
                                   std::shared_ptr<const LumberjackOptions> options) {
  LumberjackConversation conversation(connection, std::move(options));
  auto ended = co_await conversation.run();
  co_return ended;
}

}  // namespace

Session lumberjack_session(LumberjackOptions options) {
  const auto shared = std::make_shared<const LumberjackOptions>(std::move(options));
  return [shared](Connection connection) { return run_lumberjack(connection, shared); };
}

}  // namespace handshaked::receive
