#include "receive/shippers/lumberjack_decoder.h"

#include <algorithm>
#include <string>
#include <utility>

namespace handshaked::receive {
namespace {

using Kind = LumberjackEvent::Kind;

constexpr std::size_t kWindowFrame = 6;  // version, type, size
constexpr std::size_t kEventHead =
    10;  // version, type, sequence, and the size of the JSON or the number of pairs
constexpr std::size_t kCompressedHead = 6;
constexpr std::size_t kUnpackStep = 64 * 1024;

auto broken(std::string what) {
  return fail(ErrorCode::invalid_input, "no Lumberjack frame: " + std::move(what));
}

std::uint32_t number_at(std::string_view bytes, std::size_t at) {
  std::uint32_t value = 0;
  for (const char byte : bytes.substr(at, 4))
    value = value << 8U | static_cast<unsigned char>(byte);
  return value;
}

LumberjackEvent event_of(Kind kind, std::string_view frame) {
  return {.kind = kind, .version = frame[0], .sequence = number_at(frame, 2), .body = {}};
}

}  // namespace

void LumberjackDecoder::release_memory() {
  if (outer_.empty()) outer_.release();
  if (inner_.empty()) inner_.release();
}

Result<LumberjackEvent> LumberjackDecoder::next() {
  while (true) {
    if (decompressor_ != nullptr) {
      TRY(const auto event, next_compressed());
      if (event) return *event;
    } else {
      TRY(const auto event, next_frame(outer_, false));
      if (event) return *event;
    }
  }
}

LumberjackDecoder::Step LumberjackDecoder::next_frame(ByteWindow& window, bool is_inner) {
  if (is_skipping_) return skip(window);
  const std::string_view frame = window.view();
  if (!frame.empty() && frame[0] != '1' && frame[0] != '2')
    return broken("version " + std::to_string(static_cast<unsigned char>(frame[0])));
  if (frame.size() < 2) return LumberjackEvent{};
  switch (frame[1]) {
    case 'W': {
      if (frame.size() < kWindowFrame) return LumberjackEvent{};
      const LumberjackEvent event = event_of(Kind::window, frame);
      if (event.sequence == 0 || event.sequence > limits_.max_window)
        return broken("a window of " + std::to_string(event.sequence) + " events");
      window.consume(kWindowFrame);
      return event;
    }
    case 'J': return read_json(window);
    case 'D': return read_pairs(window);
    case 'C':
      if (is_inner) return broken("a compressed frame in a compressed frame");
      return begin_compressed();
    default: return broken("type " + std::to_string(static_cast<unsigned char>(frame[1])));
  }
}

LumberjackDecoder::Step LumberjackDecoder::read_json(ByteWindow& window) {
  const std::string_view frame = window.view();
  if (frame.size() < kEventHead) return LumberjackEvent{};
  const std::uint32_t size = number_at(frame, 6);
  LumberjackEvent event = event_of(Kind::json, frame);
  if (size > limits_.max_event_bytes) {
    event.kind = Kind::oversized;
    skipped_ = event;
    is_skipping_ = true;
    texts_left_ = 0;
    text_bytes_ = size;
    window.consume(kEventHead);
    return std::nullopt;
  }
  if (frame.size() < kEventHead + size) return LumberjackEvent{};
  event.body = frame.substr(kEventHead, size);
  window.consume(kEventHead + size);
  return event;
}

/// Goes on to the end of the pairs; false when more bytes are needed.
Result<bool> LumberjackDecoder::walk_pairs(std::string_view frame) {
  while (true) {
    const std::size_t step =
        static_cast<std::size_t>(std::min<std::uint64_t>(text_bytes_, frame.size() - walked_));
    walked_ += step;
    text_bytes_ -= step;
    if (text_bytes_ > 0) return false;
    if (texts_left_ == 0) return true;
    if (frame.size() - walked_ < 4) return false;
    text_bytes_ = number_at(frame, walked_);
    walked_ += 4;
    --texts_left_;
  }
}

LumberjackDecoder::Step LumberjackDecoder::read_pairs(ByteWindow& window) {
  const std::string_view frame = window.view();
  if (frame.size() < kEventHead) return LumberjackEvent{};
  if (walked_ == 0) {
    walked_ = kEventHead;
    texts_left_ = 2ULL * number_at(frame, 6);
    text_bytes_ = 0;
  }
  TRY(const bool is_whole, walk_pairs(frame));
  LumberjackEvent event = event_of(Kind::pairs, frame);
  if (walked_ > limits_.max_event_bytes) {
    event.kind = Kind::oversized;
    skipped_ = event;
    is_skipping_ = true;
    window.consume(std::exchange(walked_, 0));
    return std::nullopt;
  }
  if (!is_whole) return LumberjackEvent{};
  event.body =
      frame.substr(kEventHead - 4, walked_ - (kEventHead - 4));  // with the number of pairs
  window.consume(std::exchange(walked_, 0));
  return event;
}

LumberjackDecoder::Step LumberjackDecoder::skip(ByteWindow& window) {
  TRY(const bool is_whole, walk_pairs(window.view()));
  window.consume(std::exchange(walked_, 0));
  if (!is_whole) return LumberjackEvent{};
  is_skipping_ = false;
  return skipped_;
}

LumberjackDecoder::Step LumberjackDecoder::begin_compressed() {
  const std::string_view frame = outer_.view();
  if (frame.size() < kCompressedHead) return LumberjackEvent{};
  compressed_ = number_at(frame, 2);
  if (compressed_ == 0) return broken("an empty compressed frame");
  TRY(decompressor_, make_decompressor(Compression::zlib, limits_.decompression, memory_));
  outer_.consume(kCompressedHead);
  return std::nullopt;
}

LumberjackDecoder::Step LumberjackDecoder::next_compressed() {
  TRY(const auto event, next_frame(inner_, true));
  if (!event || event->kind != Kind::need_bytes) return event;
  std::string_view available = outer_.view().substr(0, compressed_);
  const std::size_t before = available.size();
  TRY(const std::size_t produced, decompressor_->decompress(available, inner_, kUnpackStep));
  const auto consumed = static_cast<std::uint32_t>(before - available.size());
  outer_.consume(consumed);
  compressed_ -= consumed;
  if (produced > 0) return std::nullopt;
  if (compressed_ > 0) return consumed > 0 ? Step(std::nullopt) : Step(LumberjackEvent{});
  if (!decompressor_->may_end()) return broken("its compressed data end too early");
  if (!inner_.empty() || is_skipping_) return broken("its compressed data end inside a frame");
  decompressor_.reset();
  return std::nullopt;
}

bool pick_lumberjack_pairs(std::string_view pairs, FieldPicker& picker) {
  picker.clear();
  if (pairs.size() < 4) return false;
  const std::uint32_t count = number_at(pairs, 0);
  pairs.remove_prefix(4);
  const auto take = [&pairs](std::string_view& text) {
    if (pairs.size() < 4) return false;
    const std::uint32_t size = number_at(pairs, 0);
    if (pairs.size() - 4 < size) return false;
    text = pairs.substr(4, size);
    pairs.remove_prefix(4 + std::size_t{size});
    return true;
  };
  for (std::uint32_t i = 0; i < count; ++i) {
    std::string_view key;
    std::string_view value;
    if (!take(key) || !take(value)) return false;
    picker.offer(key, value);
  }
  return true;
}

void append_lumberjack_ack(std::string& out, char version, std::uint32_t sequence) {
  out += version;
  out += 'A';
  for (const unsigned shift : {24U, 16U, 8U, 0U})
    out += static_cast<char>(sequence >> shift & 0xFFU);
}

}  // namespace handshaked::receive
