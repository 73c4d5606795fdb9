#include <zstd.h>

#include <new>

#include "ingest/decoder.h"

namespace handshaked::ingest {

namespace {

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

}  // namespace

std::unique_ptr<Decoder> make_zstd_decoder(int largest_window_log) { return std::make_unique<ZstdDecoder>(largest_window_log); }

}  // namespace handshaked::ingest
