#include "ingest/decoded_file.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <cstring>

namespace handshaked::ingest {

namespace {

constexpr std::size_t kStoredChunk = 128 * 1024;
constexpr std::size_t kMagicSize = 10;
constexpr std::string_view kUtf8Mark = "\xef\xbb\xbf";

/// What is recognised, but not read.
struct UnreadForm {
  std::string_view beginning, name, unpack;
};
constexpr std::array<UnreadForm, 7> kUnreadForms{
    {{{"\xfd"
       "7zXZ\0",
       6},
      "compressed with xz",
      "xz -dc"},
     {"\x04\x22\x4d\x18", "compressed with lz4", "lz4 -dc"},
     {"\x1f\x9d", "compressed with compress", "uncompress -c"},
     {"\x89LZO", "compressed with lzop", "lzop -dc"},
     {"LZIP", "compressed with lzip", "lzip -dc"},
     {"PK\x03\x04", "a ZIP archive", "unzip -p"},
     {"7z\xbc\xaf\x27\x1c", "a 7z archive", "7z x -so"}}};

const UnreadForm* find_unread_form(std::string_view first_bytes) {
  static constexpr UnreadForm kBzip2{
      .beginning = "BZh", .name = "compressed with bzip2", .unpack = "bzip2 -dc"};
  // Four letters may begin a line of text, ten bytes do not.
  if (first_bytes.starts_with(kBzip2.beginning) && first_bytes.substr(4) == "1AY&SY")
    return &kBzip2;
  const auto* const found = std::find_if(
      kUnreadForms.begin(), kUnreadForms.end(),
      [first_bytes](const auto& form) { return first_bytes.starts_with(form.beginning); });
  return found == kUnreadForms.end() ? nullptr : found;
}

std::unique_ptr<Decoder> make_decoder(StoredForm form) {
  switch (form) {
    case StoredForm::plain: return nullptr;
    case StoredForm::gzip: return make_gzip_decoder();
    case StoredForm::zstd: return make_zstd_decoder();
    case StoredForm::utf16_little_endian: return make_utf16_decoder(std::endian::little);
    case StoredForm::utf16_big_endian: return make_utf16_decoder(std::endian::big);
  }
  return nullptr;
}

std::string at_byte(std::uint64_t byte) { return " at byte " + std::to_string(byte); }

}  // namespace

StoredForm detect_form(std::string_view first_bytes) {
  if (first_bytes.starts_with("\x1f\x8b\x08")) return StoredForm::gzip;
  if (first_bytes.starts_with("\x28\xb5\x2f\xfd")) return StoredForm::zstd;
  // A skippable frame, with which seekable zstd files may begin: 0x184D2A50 to 0x184D2A5F, little
  // endian.
  if (first_bytes.size() >= 4 && first_bytes.substr(1, 3) == "\x2a\x4d\x18" &&
      (first_bytes[0] & 0xf0) == 0x50)
    return StoredForm::zstd;
  if (first_bytes.starts_with("\xff\xfe")) return StoredForm::utf16_little_endian;
  if (first_bytes.starts_with("\xfe\xff")) return StoredForm::utf16_big_endian;
  return StoredForm::plain;
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
  if (S_ISDIR(status.st_mode))
    return fail(ErrorCode::invalid_input, name_ + ": is a directory, not a log file");
  if (S_ISREG(status.st_mode)) {
    size_ = static_cast<std::uint64_t>(status.st_size);
    ::posix_fadvise(descriptor(), 0, 0, POSIX_FADV_SEQUENTIAL);  // advice: may fail
  }
  return detect();
}

Result<void> DecodedFile::rewind() {
  if (::lseek(descriptor(), 0, SEEK_SET) != 0)
    return fail(error_from_errno(errno, name_ + ": reading it again"));
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
  const std::string_view first_bytes(input_.data(), input_end_);
  if (const UnreadForm* const form = find_unread_form(first_bytes)) {
    return fail(ErrorCode::invalid_input, name_ + ": is " + std::string(form->name) +
                                              ", which is not read here: unpack it first (" +
                                              std::string(form->unpack) + ")");
  }
  decoder_ = make_decoder(detect_form(first_bytes));
  if (decoder_ != nullptr) input_.resize(kStoredChunk);
  else if (first_bytes.starts_with(kUtf8Mark)) input_begin_ = kUtf8Mark.size();
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
      failed_ =
          Error(ErrorCode::invalid_input, name_ + ": damaged compressed data" +
                                              at_byte(bytes_read()) + " (" + step.damage + ")");
      if (step.produced == 0) return fail(*failed_);
    }
    if (step.produced > 0) return step.produced;
    if (input_begin_ < input_end_) continue;
    if (at_end_) {
      if (decoder_->may_end()) return 0;
      return fail(ErrorCode::invalid_input,
                  name_ + ": compressed data ends too early" + at_byte(bytes_read()));
    }
    TRY(refill());
  }
}

}  // namespace handshaked::ingest
