#include "receive/decompressor.h"

#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <string>
#include <utility>

namespace handshaked::receive {
namespace {

/// Counts what goes in and comes out.
class RatioGuard {
 public:
  explicit RatioGuard(const DecompressionLimits& limits) : limits_(limits) {}

  Result<> count(std::uint64_t consumed, std::uint64_t produced) {
    input_ += consumed;
    output_ += produced;
    if (output_ > limits_.max_output_bytes) {
      return fail(
          ErrorCode::limit_exceeded,
          "more than " + std::to_string(limits_.max_output_bytes) + " bytes after decompression");
    }
    if (output_ > limits_.free_output_bytes && output_ / limits_.max_ratio > input_) {
      return fail(ErrorCode::limit_exceeded, "decompression gives more than " +
                                                 std::to_string(limits_.max_ratio) +
                                                 " times the bytes");
    }
    return success();
  }

 private:
  const DecompressionLimits limits_;
  std::uint64_t input_ = 0;
  std::uint64_t output_ = 0;
};

class ZlibDecompressor final : public Decompressor {
 public:
  static constexpr std::size_t kOwnBytes = 48 * 1024;

  ZlibDecompressor(const DecompressionLimits& limits, Reservation own)
      : own_(std::move(own)), guard_(limits) {}
  ~ZlibDecompressor() override {
    if (is_open_) inflateEnd(&stream_);
  }
  ZlibDecompressor(const ZlibDecompressor&) = delete;
  ZlibDecompressor& operator=(const ZlibDecompressor&) = delete;

  bool open(Compression compression) {
    is_gzip_ = compression == Compression::gzip;
    is_open_ = inflateInit2(&stream_, MAX_WBITS + (is_gzip_ ? 16 : 0)) == Z_OK;
    return is_open_;
  }

  Result<std::size_t> decompress(std::string_view& input, ByteWindow& out,
                                 std::size_t most) override {
    if (is_finished_ && !input.empty()) {
      // gzip members may follow one another; behind a zlib stream nothing may.
      if (!is_gzip_)
        return fail(ErrorCode::invalid_input, "bytes behind the end of the compressed data");
      if (inflateReset(&stream_) != Z_OK)
        return fail(ErrorCode::invalid_input, "broken compressed data");
      is_finished_ = false;
    }
    if (is_finished_) return std::size_t{0};
    if (!out.reserve(most)) return fail(out.refusal(most));
    const std::span<char> room = out.room(most);
    // zlib counts in unsigned int.
    const auto offered = static_cast<uInt>(std::min<std::size_t>(input.size(), 1U << 30U));
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(input.data()));
    stream_.avail_in = offered;
    stream_.next_out = reinterpret_cast<Bytef*>(room.data());
    stream_.avail_out = static_cast<uInt>(room.size());
    const int status = inflate(&stream_, Z_NO_FLUSH);
    const std::size_t consumed = offered - stream_.avail_in;
    const std::size_t produced = room.size() - stream_.avail_out;
    input.remove_prefix(consumed);
    out.fill(produced);
    began_ = began_ || consumed > 0;
    is_finished_ = status == Z_STREAM_END;
    if (status != Z_OK && status != Z_STREAM_END && status != Z_BUF_ERROR) {
      return fail(ErrorCode::invalid_input, std::string("broken compressed data: ") +
                                                (stream_.msg != nullptr ? stream_.msg : "zlib"));
    }
    TRY(guard_.count(consumed, produced));
    return produced;
  }

  bool may_end() const override { return is_finished_ || !began_; }

 private:
  Reservation own_;
  z_stream stream_{};
  bool is_open_ = false;
  bool is_gzip_ = false;
  bool began_ = false;
  bool is_finished_ = false;
  RatioGuard guard_;
};

class ZstdDecompressor final : public Decompressor {
 public:
  // 8 MiB: what decoders must support (RFC 8878, section 3.1.1.1.2), and all that one sender may
  // cost.
  static constexpr int kWindowLog = 23;
  static constexpr std::size_t kOwnBytes = (std::size_t{1} << kWindowLog) + 512 * 1024;

  ZstdDecompressor(const DecompressionLimits& limits, Reservation own)
      : own_(std::move(own)), guard_(limits) {}
  ~ZstdDecompressor() override { ZSTD_freeDStream(stream_); }
  ZstdDecompressor(const ZstdDecompressor&) = delete;
  ZstdDecompressor& operator=(const ZstdDecompressor&) = delete;

  bool open() {
    stream_ = ZSTD_createDStream();
    return stream_ != nullptr &&
           ZSTD_isError(ZSTD_DCtx_setParameter(stream_, ZSTD_d_windowLogMax, kWindowLog)) == 0;
  }

  Result<std::size_t> decompress(std::string_view& input, ByteWindow& out,
                                 std::size_t most) override {
    if (!out.reserve(most)) return fail(out.refusal(most));
    const std::span<char> room = out.room(most);
    ZSTD_inBuffer in{input.data(), input.size(), 0};
    ZSTD_outBuffer into{room.data(), room.size(), 0};
    const std::size_t status = ZSTD_decompressStream(stream_, &into, &in);
    input.remove_prefix(in.pos);
    out.fill(into.pos);
    if (ZSTD_isError(status) != 0)
      return fail(ErrorCode::invalid_input,
                  std::string("broken compressed data: ") + ZSTD_getErrorName(status));
    if (in.pos > 0 || into.pos > 0) may_end_ = status == 0;
    TRY(guard_.count(in.pos, into.pos));
    return into.pos;
  }

  bool may_end() const override { return may_end_; }

 private:
  Reservation own_;
  ZSTD_DStream* stream_ = nullptr;
  bool may_end_ = true;
  RatioGuard guard_;
};

}  // namespace

Compression guess_compression(std::string_view beginning) {
  if (beginning.starts_with("\x1F\x8B")) return Compression::gzip;
  if (beginning.starts_with("\x28\xB5\x2F\xFD")) return Compression::zstd;
  return Compression::none;
}

Result<std::unique_ptr<Decompressor>> make_decompressor(Compression compression,
                                                        const DecompressionLimits& limits,
                                                        std::shared_ptr<SenderMemory> memory) {
  const auto no_memory = [] { return fail(ErrorCode::limit_exceeded, "no memory to decompress"); };
  Reservation own(std::move(memory));
  const std::size_t bytes =
      compression == Compression::zstd ? ZstdDecompressor::kOwnBytes : ZlibDecompressor::kOwnBytes;
  if (!own.grow_to(bytes)) return fail(own.refusal(bytes));
  if (compression == Compression::zstd) {
    auto zstd = std::make_unique<ZstdDecompressor>(limits, std::move(own));
    if (!zstd->open()) return no_memory();
    return std::unique_ptr<Decompressor>(std::move(zstd));
  }
  auto zlib = std::make_unique<ZlibDecompressor>(limits, std::move(own));
  if (!zlib->open(compression)) return no_memory();
  return std::unique_ptr<Decompressor>(std::move(zlib));
}

}  // namespace handshaked::receive
