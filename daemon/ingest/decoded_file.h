#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/file_descriptor.h"
#include "base/result.h"
#include "ingest/decoder.h"

namespace handshaked::ingest {

/// How the text of a file is stored. UTF-16, with a mark in front, is what PowerShell makes of a
/// log that goes through its `>`.
enum class StoredForm { plain, gzip, zstd, utf16_little_endian, utf16_big_endian };

/// By the first bytes of a file, never by its name.
StoredForm detect_form(std::string_view first_bytes);

/// One file or pipe read once, from where it stands to its end, in uncompressed form and in UTF-8,
/// without a mark in front. read(2) and not mmap: a log may be cut short while it is read. Not
/// shared between threads.
class DecodedFile {
 public:
  /// `path`: a file, a pipe, or "-" for standard input. Fails for a missing or unreadable file, for
  /// a directory, and for a compression that is not read here; the text then says what unpacks it.
  static Result<DecodedFile> open(const std::string& path);
  /// The same with a file that is open already; `name` is for messages.
  static Result<DecodedFile> adopt(FileDescriptor file, std::string name);

  /// Back to the beginning. Fails for a pipe.
  Result<void> rewind();

  /// Fills a beginning of `output`; 0 is the end. Damaged or truncated compressed data fails with
  /// the byte (of the compressed file) in its text, after everything in front of the damage was
  /// delivered. After a failure it keeps failing.
  Result<std::size_t> read(std::span<char> output);

  /// Bytes taken from the file as it is stored.
  std::uint64_t bytes_read() const { return bytes_read_ - (input_end_ - input_begin_); }
  /// How large it is as it is stored; nothing for a pipe.
  std::optional<std::uint64_t> size() const { return size_; }
  /// The file of the operating system, for fstat.
  int descriptor() const { return is_standard_input_ ? 0 : file_.number(); }

 private:
  DecodedFile() = default;
  Result<void> prepare();
  Result<void> detect();
  Result<std::size_t> read_uncompressed(std::span<char> output);
  Result<std::size_t> read_stored(std::span<char> output);
  Result<std::size_t> read_decoded(std::span<char> output);
  Result<void> refill();

  std::string name_;
  FileDescriptor file_;
  bool is_standard_input_ = false;
  std::unique_ptr<Decoder> decoder_;
  std::vector<char>
      input_;  ///< [input_begin_, input_end_) was read and is not yet delivered or decoded
  std::size_t input_begin_ = 0;
  std::size_t input_end_ = 0;
  bool at_end_ = false;
  std::uint64_t bytes_read_ = 0;
  std::optional<std::uint64_t> size_;
  std::optional<Error> failed_;
};

}  // namespace handshaked::ingest
