#include <zlib.h>

#include <algorithm>
#include <limits>
#include <new>

#include "ingest/decoder.h"

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
  /// After a member comes another one, or zero bytes (tapes and block devices pad with them), or nothing.
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

}  // namespace

std::unique_ptr<Decoder> make_gzip_decoder() { return std::make_unique<GzipDecoder>(); }

}  // namespace handshaked::ingest
