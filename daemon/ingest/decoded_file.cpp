#include "ingest/decoded_file.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace handshaked::ingest {

namespace {

constexpr std::size_t kStoredChunk = 128 * 1024;
constexpr std::size_t kMagicSize = 4;

std::string at_byte(std::uint64_t byte) { return " at byte " + std::to_string(byte); }

}  // namespace

Compression detect_compression(std::string_view first_bytes) {
  if (first_bytes.starts_with("\x1f\x8b\x08")) return Compression::gzip;
  if (first_bytes.starts_with("\x28\xb5\x2f\xfd")) return Compression::zstd;
  // A skippable frame, with which seekable zstd files may begin: 0x184D2A50 to 0x184D2A5F, little endian.
  if (first_bytes.size() >= kMagicSize && first_bytes.substr(1, 3) == "\x2a\x4d\x18" && (first_bytes[0] & 0xf0) == 0x50) {
    return Compression::zstd;
  }
  return Compression::none;
}

Result<DecodedFile> DecodedFile::open(const std::string& path) {
  if (path == "-") {
    DecodedFile file;
    file.is_standard_input_ = true;
    file.name_ = "standard input";
    TRY(file.prepare());
    return file;
  }
  FileDescriptor opened(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
  if (!opened.is_open()) return fail(error_from_errno(errno, path));
  return adopt(std::move(opened), path);
}

Result<DecodedFile> DecodedFile::adopt(FileDescriptor opened, std::string name) {
  DecodedFile file;
  file.file_ = std::move(opened);
  file.name_ = std::move(name);
  TRY(file.prepare());
  return file;
}

Result<void> DecodedFile::prepare() {
  struct stat status {};
  if (::fstat(descriptor(), &status) != 0) return fail(error_from_errno(errno, name_));
  if (S_ISDIR(status.st_mode)) return fail(ErrorCode::invalid_input, name_ + ": is a directory, not a log file");
  if (S_ISREG(status.st_mode)) {
    size_ = static_cast<std::uint64_t>(status.st_size);
    ::posix_fadvise(descriptor(), 0, 0, POSIX_FADV_SEQUENTIAL);  // advice: may fail
  }
  return detect();
}

Result<void> DecodedFile::rewind() {
  if (::lseek(descriptor(), 0, SEEK_SET) != 0) return fail(error_from_errno(errno, name_ + ": reading it again"));
  decoder_.reset();
  input_begin_ = input_end_ = 0;
  at_end_ = false;
  bytes_read_ = 0;
  failed_.reset();
  return detect();
}

Result<void> DecodedFile::detect() {
  input_.resize(kMagicSize);
  while (input_end_ < kMagicSize && !at_end_) {
    TRY(const std::size_t size, read_stored(std::span(input_).subspan(input_end_)));
    input_end_ += size;
  }
  compression_ = detect_compression({input_.data(), input_end_});
  if (compression_ == Compression::none) return success();
  decoder_ = compression_ == Compression::gzip ? make_gzip_decoder() : make_zstd_decoder();
  input_.resize(kStoredChunk);
  return success();
}

Result<std::size_t> DecodedFile::read(std::span<char> output) {
  if (failed_) return fail(*failed_);
  Result<std::size_t> size = decoder_ ? read_decoded(output) : read_uncompressed(output);
  if (!size) failed_ = size.error();
  return size;
}

/// What detect() has read ahead of an uncompressed file comes first.
Result<std::size_t> DecodedFile::read_uncompressed(std::span<char> output) {
  if (input_begin_ == input_end_) return read_stored(output);
  const std::size_t ready = std::min(output.size(), input_end_ - input_begin_);
  std::memcpy(output.data(), input_.data() + input_begin_, ready);
  input_begin_ += ready;
  return ready;
}

Result<std::size_t> DecodedFile::read_stored(std::span<char> output) {
  while (!at_end_) {
    const ssize_t size = ::read(descriptor(), output.data(), output.size());
    if (size > 0) {
      bytes_read_ += static_cast<std::size_t>(size);
      return static_cast<std::size_t>(size);
    }
    if (size == 0) {
      at_end_ = true;
    } else if (errno != EINTR) {
      return fail(error_from_errno(errno, name_ + ": reading" + at_byte(bytes_read_)));
    }
  }
  return 0;
}

Result<void> DecodedFile::refill() {
  input_begin_ = input_end_ = 0;
  TRY(input_end_, read_stored(input_));
  return success();
}

Result<std::size_t> DecodedFile::read_decoded(std::span<char> output) {
  while (true) {
    const std::span<const char> input(input_.data() + input_begin_, input_end_ - input_begin_);
    const Decoder::Step step = decoder_->decode(input, output);
    input_begin_ += step.consumed;
    if (!step.damage.empty()) {
      // What stands in front of the damage is delivered now, the failure by the next call.
      failed_ = Error(ErrorCode::invalid_input, name_ + ": damaged compressed data" + at_byte(bytes_read()) + " (" + step.damage + ")");
      if (step.produced == 0) return fail(*failed_);
    }
    if (step.produced > 0) return step.produced;
    if (input_begin_ < input_end_) continue;
    if (at_end_) {
      if (decoder_->may_end()) return 0;
      return fail(ErrorCode::invalid_input, name_ + ": compressed data ends too early" + at_byte(bytes_read()));
    }
    TRY(refill());
  }
}

}  // namespace handshaked::ingest
