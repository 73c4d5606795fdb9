#include "receive/shippers/forward_decoder.h"

#include <algorithm>
#include <cmath>

namespace handshaked::receive {
namespace {

using Kind = ForwardEvent::Kind;
using TokenKind = PackToken::Kind;

constexpr std::size_t kMaxTagBytes = 1024;
constexpr std::size_t kMaxOptionBytes = 16 * 1024;
constexpr std::size_t kUnpackStep = 64 * 1024;
/// zstd's magic number is the longest.
constexpr std::size_t kMagicBytes = 4;

auto broken(std::string what) {
  return fail(ErrorCode::invalid_input, "no Forward message: " + std::move(what));
}

std::uint32_t big_endian32(std::string_view bytes) {
  std::uint32_t value = 0;
  for (const char byte : bytes.substr(0, 4)) value = value << 8U | static_cast<unsigned char>(byte);
  return value;
}

/// EventTime (extension type 0: seconds, nanoseconds), whole seconds, or seconds with a fraction.
std::optional<Time> read_time(PackReader& reader) {
  PackToken token;
  std::string_view bytes;
  if (!reader.read(token)) return std::nullopt;
  if (token.kind == TokenKind::integer && token.integer >= 0 &&
      token.integer < (std::int64_t{1} << 35)) {
    return Time(std::chrono::seconds(token.integer));
  }
  if (token.kind == TokenKind::real && token.real >= 0 && token.real < 3.4e10) {
    return Time(Duration(static_cast<std::int64_t>(std::floor(token.real * 1e6))));
  }
  if (token.kind == TokenKind::extension && reader.take(token.size, bytes) && token.size == 8 &&
      token.extension_type == 0) {
    return Time(std::chrono::seconds(big_endian32(bytes))) +
           Duration(big_endian32(bytes.substr(4)) / 1000);
  }
  return std::nullopt;
}

ForwardEvent event_of(Kind kind) {
  ForwardEvent event;
  event.kind = kind;
  return event;
}

bool is_time(const PackToken& token) {
  return token.kind == TokenKind::integer || token.kind == TokenKind::real ||
         token.kind == TokenKind::extension;
}

}  // namespace

void ForwardDecoder::release_memory() {
  if (outer_.empty()) outer_.release();
  if (inner_.empty()) inner_.release();
}

Result<ForwardEvent> ForwardDecoder::next() {
  while (true) {
    std::optional<ForwardEvent> event;
    switch (state_) {
      case State::between: {
        TRY(event, begin_message());
        break;
      }
      case State::entries: {
        if (entries_ == 0) {
          state_ = State::option;
          continue;
        }
        TRY(event, next_entry(outer_, 1, true));
        break;
      }
      case State::single: {
        TRY(event, next_entry(outer_, 2, false));
        break;
      }
      case State::packed: {
        TRY(event, next_packed());
        break;
      }
      case State::option: {
        TRY(event, end_message());
        break;
      }
      case State::oversized: return skip_oversized();
    }
    if (event) return *event;
  }
}

/// False when more bytes are needed.
Result<bool> ForwardDecoder::read_head(Head& head) const {
  const std::string_view bytes = outer_.view();
  PackToken array;
  PackToken tag;
  PackToken body;
  const auto complete = [](PackStatus status) -> Result<bool> {
    if (status == PackStatus::invalid) return broken("a byte that begins no value");
    return status == PackStatus::done;
  };
  TRY(const bool has_array, complete(read_pack_token(bytes, array)));
  if (!has_array) return false;
  if (array.kind != TokenKind::array || array.size < 2 || array.size > 4)
    return broken("it is not an array of two to four values");
  TRY(const bool has_tag, complete(read_pack_token(bytes.substr(array.length), tag)));
  if (!has_tag) return false;
  if (!tag.is_text()) return broken("its tag is not text");
  if (tag.size > kMaxTagBytes)
    return broken("its tag is longer than " + std::to_string(kMaxTagBytes) + " bytes");
  const std::size_t body_at = array.length + tag.length + tag.size;
  if (bytes.size() < body_at) return false;
  TRY(const bool has_body, complete(read_pack_token(bytes.substr(body_at), body)));
  if (!has_body) return false;
  head = {.elements = array.size, .size = body_at, .mode = State::single, .count = 0};
  if (is_time(body)) {
    if (array.size < 3) return broken("a time without a record");
    return true;
  }
  if (array.size > 3) return broken("more than an option behind its entries");
  if (body.kind != TokenKind::array && !body.is_text())
    return broken("behind its tag stands neither a time nor entries");
  head.size += body.length;
  head.count = body.size;
  head.mode = body.is_text() ? State::packed : State::entries;
  return true;
}

/// Nothing: go on, the state has changed.
Result<std::optional<ForwardEvent>> ForwardDecoder::begin_message() {
  // A lone nil is a heartbeat.
  while (outer_.view().starts_with('\xC0')) outer_.consume(1);
  if (outer_.empty()) return ForwardEvent{};
  Head head;
  TRY(const bool is_complete, read_head(head));
  if (!scanning_) scan_ = PackScan();
  scanning_ = true;
  const PackStatus whole = scan_.advance(outer_.view());
  if (whole == PackStatus::invalid) return broken("a byte that begins no value");
  if (!is_complete || (whole == PackStatus::incomplete && outer_.size() < kSmallMessage))
    return ForwardEvent{};
  scanning_ = false;
  outer_.consume(head.size);
  state_ = head.mode;
  has_option_ = head.elements > (head.mode == State::single ? 3U : 2U);
  entries_ = packed_ = head.count;
  payload_begun_ = false;
  compression_ = Compression::none;
  ForwardEvent event = event_of(Kind::message_begin);
  event.has_option = has_option_;
  return event;
}

/// An entry of `values` values at the front of `window`.
Result<std::optional<ForwardEvent>> ForwardDecoder::next_entry(ByteWindow& window,
                                                               std::uint64_t values,
                                                               bool in_array) {
  if (!scanning_) scan_ = PackScan(values);
  scanning_ = true;
  const PackStatus status = scan_.advance(window.view());
  if (status == PackStatus::invalid) return broken("a byte that begins no value");
  if (status == PackStatus::incomplete) {
    if (scan_.size() <= limits_.max_record_bytes) return ForwardEvent{};
    after_oversized_ = state_;
    state_ = State::oversized;
    return std::nullopt;
  }
  scanning_ = false;
  ForwardEvent event = event_of(Kind::oversized);
  if (scan_.size() <= limits_.max_record_bytes)
    event = read_entry(window.view().substr(0, scan_.size()), in_array);
  window.consume(scan_.size());
  if (state_ == State::entries) --entries_;
  if (state_ == State::single) state_ = State::option;
  return event;
}

ForwardEvent ForwardDecoder::read_entry(std::string_view entry, bool in_array) const {
  ForwardEvent event = event_of(Kind::unreadable);
  PackReader reader(entry);
  PackToken token;
  if (in_array && (!reader.read(token) || token.kind != TokenKind::array || token.size != 2))
    return event;
  if (read_pack_token(reader.rest(), token) != PackStatus::done) return event;
  if (token.kind == TokenKind::array) {
    // Fluent Bit 2 and newer: [[time, metadata], record].
    if (token.size != 2 || !reader.read(token)) return event;
    event.time = read_time(reader);
    if (!reader.skip()) return event;
  } else {
    if (!is_time(token)) return event;
    event.time = read_time(reader);
  }
  if (read_pack_token(reader.rest(), token) != PackStatus::done || token.kind != TokenKind::map)
    return event;
  event.kind = Kind::record;
  event.record = reader.rest();
  return event;
}

Result<ForwardEvent> ForwardDecoder::skip_oversized() {
  ByteWindow& window = after_oversized_ == State::packed ? inner_ : outer_;
  while (true) {
    const PackStatus status = scan_.advance(window.view());
    if (status == PackStatus::invalid) return broken("a byte that begins no value");
    window.consume(scan_.size());
    scan_.forget_seen();
    if (status == PackStatus::done) break;
    if (after_oversized_ != State::packed) return ForwardEvent{};
    TRY(const bool has_more, unpack_more());
    if (!has_more && packed_ > 0) return ForwardEvent{};
    if (!has_more) return broken("its packed entries end inside a record");
  }
  scanning_ = false;
  state_ = after_oversized_;
  if (state_ == State::entries) --entries_;
  if (state_ == State::single) state_ = State::option;
  return event_of(Kind::oversized);
}

/// Moves bytes of the packed payload into inner_, unpacked. False when there are none at the
/// moment.
Result<bool> ForwardDecoder::unpack_more() {
  std::string_view available = outer_.view().substr(
      0, static_cast<std::size_t>(std::min<std::uint64_t>(packed_, outer_.size())));
  if (!payload_begun_) {
    if (available.size() < std::min<std::uint64_t>(kMagicBytes, packed_)) return false;
    payload_begun_ = true;
    // The option that says so comes behind the payload; no entry begins like either magic number.
    compression_ = guess_compression(available);
    decompressor_.reset();
    if (compression_ != Compression::none) {
      TRY(decompressor_, make_decompressor(compression_, limits_.decompression, memory_));
    }
  }
  const std::size_t before = available.size();
  std::size_t produced = 0;
  if (decompressor_ != nullptr) {
    TRY(produced, decompressor_->decompress(available, inner_, kUnpackStep));
    if (produced == 0 && packed_ == before - available.size() && !decompressor_->may_end()) {
      return broken("its compressed entries end too early");
    }
  } else {
    produced = std::min(available.size(), kUnpackStep);
    if (!inner_.reserve(produced)) return fail(inner_.refusal(produced));
    inner_.append(available.substr(0, produced));
    available.remove_prefix(produced);
  }
  const std::size_t consumed = before - available.size();
  outer_.consume(consumed);
  packed_ -= consumed;
  return produced > 0 || consumed > 0;
}

Result<std::optional<ForwardEvent>> ForwardDecoder::next_packed() {
  while (true) {
    if (!inner_.empty()) {
      TRY(auto event, next_entry(inner_, 1, true));
      if (!event || event->kind != Kind::need_bytes) return event;
    }
    TRY(const bool has_more, unpack_more());
    if (has_more) continue;
    if (packed_ > 0) return ForwardEvent{};
    if (!inner_.empty()) return broken("its packed entries end inside a record");
    decompressor_.reset();
    state_ = State::option;
    return std::nullopt;
  }
}

/// Reads the option, if there is one: {"chunk": …, "compressed": …, "size": …}.
Result<std::optional<ForwardEvent>> ForwardDecoder::end_message() {
  chunk_.clear();
  if (has_option_) {
    if (!scanning_) scan_ = PackScan();
    scanning_ = true;
    const PackStatus status = scan_.advance(outer_.view());
    if (status == PackStatus::invalid) return broken("a byte that begins no value");
    if (scan_.size() > kMaxOptionBytes)
      return broken("an option of more than " + std::to_string(kMaxOptionBytes) + " bytes");
    if (status == PackStatus::incomplete) return ForwardEvent{};
    scanning_ = false;
    TRY(read_option(outer_.view().substr(0, scan_.size())));
    outer_.consume(scan_.size());
  }
  state_ = State::between;
  ForwardEvent event = event_of(Kind::message_end);
  event.chunk = chunk_;
  return event;
}

Result<> ForwardDecoder::read_option(std::string_view bytes) {
  PackReader reader(bytes);
  PackToken head;
  if (!reader.read(head)) return broken("its option cannot be read");
  if (head.kind == TokenKind::nil) return success();
  if (head.kind != TokenKind::map) return broken("its option is not a map");
  for (std::uint32_t i = 0; i < head.size; ++i) {
    std::string_view name;
    std::string_view text;
    const bool has_name = reader.read_text(name);
    if (!has_name && !reader.skip()) return broken("its option cannot be read");
    const bool has_text = reader.read_text(text);
    if (!has_text && !reader.skip()) return broken("its option cannot be read");
    if (!has_name || !has_text) continue;
    if (name == "chunk") {
      if (text.size() > kMaxChunkId)
        return broken("a chunk id of more than " + std::to_string(kMaxChunkId) + " bytes");
      chunk_ = text;
    } else if (name == "compressed" && (text == "gzip" || text == "zstd") &&
               compression_ == Compression::none && payload_begun_) {
      return broken("its entries are not compressed, but its option says so");
    }
  }
  return success();
}

}  // namespace handshaked::receive
