#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "receive/decompressor.h"
#include "receive/record/byte_window.h"
#include "receive/record/message_pack.h"

namespace handshaked::receive {

struct ForwardLimits {
  std::size_t max_record_bytes = std::size_t{1} << 20;  ///< a larger one is skipped
  DecompressionLimits decompression = {};
};

/// What stands next in a Forward stream. Views are valid until the next call of next() or feed().
struct ForwardEvent {
  enum class Kind : std::uint8_t {
    need_bytes,
    message_begin,  ///< records follow, which belong together
    record,
    oversized,   ///< a record beyond the limit, skipped
    unreadable,  ///< an entry of a shape that is not known, skipped
    message_end,
  };
  Kind kind = Kind::need_bytes;
  bool has_option =
      false;  ///< message_begin: it may have a chunk id. True as long as that is not known
  std::string_view record;   ///< record: a MessagePack map
  std::optional<Time> time;  ///< record
  std::string_view chunk;    ///< message_end: what to acknowledge; empty: nothing
};

/// The events of fluentd's Forward protocol v1, from the bytes of one connection (after the
/// handshake): Message, Forward, PackedForward and CompressedPackedForward (gzip, zstd), EventTime,
/// entries with metadata as Fluent Bit writes them.
///   github.com/fluent/fluentd/wiki/Forward-Protocol-Specification-v1
///
/// Records come out while the bytes come in, so a chunk of any size costs no more memory than its
/// largest record (at most max_record_bytes) and what feed() gave. A message that fits into
/// kSmallMessage is not begun before it is there whole. An error means that the stream cannot be
/// followed any further.
///
///   decoder.feed(bytes); while ((event = decoder.next()).kind != need_bytes) …
class ForwardDecoder {
 public:
  static constexpr std::size_t kSmallMessage = 64 * 1024;
  static constexpr std::size_t kMaxChunkId = 256;

  /// What it holds is charged to `memory`.
  explicit ForwardDecoder(ForwardLimits limits = {}, std::shared_ptr<SenderMemory> memory = nullptr)
      : limits_(limits), memory_(std::move(memory)), outer_(memory_), inner_(memory_) {}

  /// May so many bytes be fed? Asked before feed().
  [[nodiscard]] bool reserve(std::size_t bytes) { return outer_.reserve(bytes); }
  Error refusal(std::size_t bytes) const { return outer_.refusal(bytes); }
  void feed(std::string_view bytes) { outer_.append(bytes); }
  Result<ForwardEvent> next();

  /// No message has been begun and not ended: what was delivered is complete.
  bool is_between_messages() const { return state_ == State::between; }
  /// Something of a message is there already.
  bool is_waiting_for_more() const { return state_ != State::between || !outer_.empty(); }
  /// Bytes that are held.
  std::size_t held() const { return outer_.size() + inner_.size(); }
  /// For an idle connection.
  void release_memory();

 private:
  enum class State : std::uint8_t {
    between,
    entries,    ///< entries_ of them follow in outer_
    single,     ///< Message mode: time and record follow in outer_
    packed,     ///< packed_ bytes of entries, perhaps compressed, follow in outer_
    option,     ///< what is behind the entries
    oversized,  ///< skips the rest of a value; then goes on in after_oversized_
  };
  /// How the current message was announced.
  struct Head {
    std::uint32_t elements = 0;
    std::size_t size = 0;  ///< bytes up to the entries
    State mode = State::entries;
    std::uint32_t count = 0;  ///< entries, or bytes of them
  };

  Result<std::optional<ForwardEvent>> begin_message();
  Result<bool> read_head(Head& head) const;
  Result<std::optional<ForwardEvent>> next_entry(ByteWindow& window, std::uint64_t values,
                                                 bool in_array);
  Result<ForwardEvent> skip_oversized();
  Result<std::optional<ForwardEvent>> next_packed();
  Result<bool> unpack_more();
  Result<std::optional<ForwardEvent>> end_message();
  Result<> read_option(std::string_view bytes);
  ForwardEvent read_entry(std::string_view entry, bool in_array) const;

  ForwardLimits limits_;
  std::shared_ptr<SenderMemory> memory_;
  State state_ = State::between;
  ByteWindow outer_;  ///< as it came
  ByteWindow inner_;  ///< entries out of a packed payload
  PackScan scan_;     ///< of the value that outer_ or inner_ begins with
  bool scanning_ = false;
  bool has_option_ = false;  ///< of the current message, as are the following
  std::uint64_t entries_ = 0;
  std::uint64_t packed_ = 0;
  State after_oversized_ = State::between;
  Compression compression_ = Compression::none;
  bool payload_begun_ = false;
  std::unique_ptr<Decompressor> decompressor_;
  std::string chunk_;
};

}  // namespace handshaked::receive
