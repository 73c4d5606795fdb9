#include "ingest/decoder.h"

#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <limits>
#include <new>
#include <optional>
#include <string>

#include "base/text/utf8.h"

namespace handshaked::ingest {
namespace {

class GzipDecoder final : public Decoder {
 public:
  GzipDecoder() {
    // 15: the largest window; 16: a gzip header, not a zlib one.
    if (inflateInit2(&stream_, 15 + 16) != Z_OK) throw std::bad_alloc();
  }
  ~GzipDecoder() override { inflateEnd(&stream_); }
  GzipDecoder(const GzipDecoder&) = delete;
  GzipDecoder& operator=(const GzipDecoder&) = delete;

  Step decode(std::span<const char> input, std::span<char> output) override {
    Step step;
    while (step.consumed < input.size() || (!between_members_ && step.produced < output.size())) {
      if (between_members_ && !begin_member(input, step)) break;
      if (step.produced == output.size()) break;
      const std::size_t taken_before = step.consumed;
      const std::size_t made_before = step.produced;
      const int status = inflate_some(input, output, step);
      if (status == Z_STREAM_END) {
        between_members_ = true;
        any_member_ = true;
      } else if (status != Z_OK && status != Z_BUF_ERROR) {
        step.damage = stream_.msg != nullptr ? stream_.msg : "damaged gzip data";
        break;
      } else if (step.consumed == taken_before && step.produced == made_before) {
        break;  // wants more input
      }
    }
    return step;
  }

  bool may_end() const override { return between_members_ && any_member_; }

 private:
  /// After a member comes another one, or zero bytes (tapes and block devices pad with them), or
  /// nothing.
  bool begin_member(std::span<const char> input, Step& step) {
    if (any_member_) {
      while (step.consumed < input.size() && input[step.consumed] == '\0') ++step.consumed;
      if (step.consumed == input.size()) return false;
      inflateReset(&stream_);
    }
    between_members_ = false;
    return true;
  }

  int inflate_some(std::span<const char> input, std::span<char> output, Step& step) {
    constexpr std::size_t most = std::numeric_limits<uInt>::max();
    const auto in = static_cast<uInt>(std::min(input.size() - step.consumed, most));
    const auto out = static_cast<uInt>(std::min(output.size() - step.produced, most));
    // zlib's own type lacks the const; it does not write there.
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(input.data() + step.consumed));
    stream_.avail_in = in;
    stream_.next_out = reinterpret_cast<Bytef*>(output.data() + step.produced);
    stream_.avail_out = out;
    const int status = inflate(&stream_, Z_NO_FLUSH);
    step.consumed += in - stream_.avail_in;
    step.produced += out - stream_.avail_out;
    return status;
  }

  z_stream stream_{};
  bool between_members_ = true;
  bool any_member_ = false;
};

class ZstdDecoder final : public Decoder {
 public:
  explicit ZstdDecoder(int largest_window_log) : stream_(ZSTD_createDStream()) {
    if (stream_ == nullptr) throw std::bad_alloc();
    ZSTD_DCtx_setParameter(stream_, ZSTD_d_windowLogMax, largest_window_log);
  }
  ~ZstdDecoder() override { ZSTD_freeDStream(stream_); }
  ZstdDecoder(const ZstdDecoder&) = delete;
  ZstdDecoder& operator=(const ZstdDecoder&) = delete;

  Step decode(std::span<const char> input, std::span<char> output) override {
    ZSTD_inBuffer in{input.data(), input.size(), 0};
    ZSTD_outBuffer out{output.data(), output.size(), 0};
    Step step;
    while (out.pos < out.size && (in.pos < in.size || !frame_complete_)) {
      const std::size_t taken_before = in.pos;
      const std::size_t made_before = out.pos;
      // It begins the next frame by itself, skippable frames included.
      const std::size_t status = ZSTD_decompressStream(stream_, &out, &in);
      if (ZSTD_isError(status) != 0) {
        step.damage = ZSTD_getErrorName(status);
        break;
      }
      frame_complete_ = status == 0;
      if (in.pos == taken_before && out.pos == made_before) break;  // wants more input
    }
    step.consumed = in.pos;
    step.produced = out.pos;
    return step;
  }

  bool may_end() const override { return frame_complete_; }

 private:
  ZSTD_DStream* stream_;
  bool frame_complete_ = false;
};

constexpr char32_t kMark = 0xFEFF;
constexpr char32_t kReplacement = 0xFFFD;

bool is_high_half(char32_t unit) { return unit >= 0xD800 && unit < 0xDC00; }
bool is_low_half(char32_t unit) { return unit >= 0xDC00 && unit < 0xE000; }

class Utf16Decoder final : public Decoder {
 public:
  explicit Utf16Decoder(std::endian order) : order_(order) {}

  Step decode(std::span<const char> input, std::span<char> output) override {
    Step step;
    while (true) {
      for (; !ready_.empty() && step.produced < output.size(); ready_.erase(0, 1))
        output[step.produced++] = ready_.front();
      if (!ready_.empty() || step.consumed == input.size()) return step;
      take(static_cast<unsigned char>(input[step.consumed++]));
    }
  }

  bool may_end() const override { return true; }

 private:
  void take(unsigned char byte) {
    if (!first_) {
      first_ = byte;
      return;
    }
    const char32_t unit = order_ == std::endian::little
                              ? static_cast<char32_t>(byte << 8 | *first_)
                              : static_cast<char32_t>(*first_ << 8 | byte);
    first_.reset();
    if (high_ != 0 && is_low_half(unit)) {
      append_utf8(0x10000 + ((high_ - 0xD800) << 10) + (unit - 0xDC00), ready_);
      high_ = 0;
      return;
    }
    if (high_ != 0) append_utf8(kReplacement, ready_);
    high_ = is_high_half(unit) ? unit : 0;
    if (high_ == 0 && unit != kMark) append_utf8(is_low_half(unit) ? kReplacement : unit, ready_);
  }

  const std::endian order_;
  std::optional<unsigned char> first_;  ///< of a unit
  char32_t high_ = 0;                   ///< the first half of a character; 0: none
  std::string ready_;                   ///< what the output had no room for
};

}  // namespace

std::unique_ptr<Decoder> make_gzip_decoder() { return std::make_unique<GzipDecoder>(); }
std::unique_ptr<Decoder> make_zstd_decoder(int largest_window_log) {
  return std::make_unique<ZstdDecoder>(largest_window_log);
}
std::unique_ptr<Decoder> make_utf16_decoder(std::endian order) {
  return std::make_unique<Utf16Decoder>(order);
}

}  // namespace handshaked::ingest
