#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "base/result.h"
#include "receive/decompressor.h"
#include "receive/record/byte_window.h"
#include "receive/record/field_names.h"

namespace handshaked::receive {

struct LumberjackLimits {
  std::size_t max_event_bytes =
      std::size_t{1} << 20;  ///< a larger one is skipped, and acknowledged as the others are
  std::uint32_t max_window = 1'000'000;
  DecompressionLimits decompression = {};
};

/// What stands next in a Lumberjack stream. Views are valid until the next call of next() or
/// feed().
struct LumberjackEvent {
  enum class Kind : std::uint8_t {
    need_bytes,
    window,     ///< `sequence` events follow before an acknowledgement is due
    json,       ///< version 2: one JSON object, with ByteWindow::kPadding readable bytes behind it
    pairs,      ///< version 1: pick_lumberjack_pairs() reads it
    oversized,  ///< an event beyond the limit, skipped
  };
  Kind kind = Kind::need_bytes;
  char version = '2';
  std::uint32_t sequence = 0;
  std::string_view body;
};

/// The events of the Lumberjack protocol from the bytes of one connection, version 1
/// (logstash-forwarder) and 2 (Beats, Elastic Agent): windows, data, JSON, and compressed frames of
/// them. Sources: github.com/elastic/go-lumber, protocol.go of v1 and v2. A compressed frame is
/// decompressed piece by piece, so memory is bounded by the largest event (at most
/// max_event_bytes). An error means that the stream cannot be followed any further.
class LumberjackDecoder {
 public:
  /// What it holds is charged to `memory`.
  explicit LumberjackDecoder(LumberjackLimits limits = {},
                             std::shared_ptr<SenderMemory> memory = nullptr)
      : limits_(limits), memory_(std::move(memory)), outer_(memory_), inner_(memory_) {}

  /// May so many bytes be fed? Asked before feed().
  [[nodiscard]] bool reserve(std::size_t bytes) { return outer_.reserve(bytes); }
  Error refusal(std::size_t bytes) const { return outer_.refusal(bytes); }
  void feed(std::string_view bytes) { outer_.append(bytes); }
  Result<LumberjackEvent> next();

  /// Something of a frame is there already.
  bool is_waiting_for_more() const {
    return !outer_.empty() || is_skipping_ || decompressor_ != nullptr;
  }
  std::size_t held() const { return outer_.size() + inner_.size(); }
  /// For an idle connection.
  void release_memory();

 private:
  using Step = Result<std::optional<LumberjackEvent>>;  ///< nothing: go on

  Step next_frame(ByteWindow& window, bool is_inner);
  Step read_json(ByteWindow& window);
  Step read_pairs(ByteWindow& window);
  Result<bool> walk_pairs(std::string_view frame);
  Step begin_compressed();
  Step next_compressed();
  Step skip(ByteWindow& window);

  LumberjackLimits limits_;
  std::shared_ptr<SenderMemory> memory_;
  ByteWindow outer_;  ///< as it came
  ByteWindow inner_;  ///< frames out of a compressed one
  std::unique_ptr<Decompressor> decompressor_;
  std::uint32_t compressed_ = 0;  ///< bytes of the compressed frame that are still to come

  // The version 1 event that the window begins with, as far as it was walked through.
  std::size_t walked_ = 0;        ///< bytes; 0: not begun
  std::uint64_t texts_left_ = 0;  ///< keys and values
  std::uint64_t text_bytes_ = 0;  ///< of the current one, still to come

  bool is_skipping_ =
      false;  ///< an oversized event: texts_left_ and text_bytes_ of it are still to come
  LumberjackEvent skipped_;
};

/// Offers the pairs of a version 1 event to `picker`, which is cleared first. False when they
/// cannot be read.
bool pick_lumberjack_pairs(std::string_view pairs, FieldPicker& picker);

/// The acknowledgement of everything up to `sequence`.
void append_lumberjack_ack(std::string& out, char version, std::uint32_t sequence);

}  // namespace handshaked::receive
