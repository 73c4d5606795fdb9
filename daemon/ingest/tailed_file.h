#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/file_descriptor.h"
#include "base/result.h"
#include "ingest/decoded_file.h"
#include "ingest/file_identity.h"
#include "ingest/line_splitter.h"
#include "ingest/log_line.h"
#include "ingest/read_position.h"

namespace handshaked::ingest {

/// Counts the files that one LogTail has opened, from 1: blocks with the same number come from one
/// file, in its order.
struct FileNumber {
  std::uint64_t value = 0;
  auto operator<=>(const FileNumber&) const = default;
};

/// New lines of a followed log. Borrowed: valid during on_block().
struct TailBlock {
  LineBlock lines;
  std::string_view
      path;  ///< where this file was when it was opened; after a rotation it is PATH no more
  FileNumber file;
};

/// Who takes the lines. Called on the thread that steps the tail.
class BlockHandler {
 public:
  virtual ~BlockHandler() = default;
  virtual void on_block(const TailBlock& block) = 0;
  /// Asked after every read: true ends the step early, and the next one goes on there.
  virtual bool is_full() const { return false; }
};

/// One open file of a followed log, read as far as it goes and again when it has grown. It stays
/// the same file however it is renamed; that its path may stand for another one is LogTail's
/// business. Sees when its content was cut away under it: after every read, and before the bytes
/// are used, the beginning of the file must still be what it was. Not shared between threads.
class TailedFile {
 public:
  /// `stored`: also accept .gz and .zst content (a rotated file); a live log is always taken as it
  /// is.
  enum class Form { plain, stored };
  /// Opens a regular file; reading starts at 0 unless start_at() or start_at_end() says otherwise.
  static Result<TailedFile> open(const std::string& path, FileNumber number, Form form,
                                 std::size_t line_limit);

  void start_at(StartPoint start);
  /// After the last whole line that is there now.
  void start_at_end();

  enum class State {
    more,       ///< there may be more at once
    at_end,     ///< everything that is there was read
    truncated,  ///< what was read is not there any more; the bytes that came in its place were not
                ///< touched
    failed,     ///< failure() says why; reading may be tried again unless is_stored()
  };
  /// One read of at most `limit` bytes; whole lines go to the handler. `read` is increased by what
  /// was taken from the file.
  State read_some(std::size_t limit, BlockHandler& handler, std::size_t& read);
  /// No more is expected: an unterminated last line goes to the handler too.
  void finish(BlockHandler& handler);

  FilePosition position() const;
  const std::string& path() const { return path_; }
  FileNumber number() const { return number_; }
  FileNode node() const { return node_; }
  /// Compressed: it never grows.
  bool is_stored() const { return stored_.has_value(); }
  /// Whether the file begins as a file with this fingerprint does.
  bool begins_as(const Fingerprint& fingerprint) const { return fingerprint.matches(beginning_); }
  const std::optional<Error>& failure() const { return failure_; }
  /// As last seen while the content was intact; of a compressed file its stored size.
  std::uint64_t size() const { return size_; }
  Time modified() const { return modified_; }
  /// Bytes that were there and were not read, as far as is known.
  std::uint64_t unread_bytes() const;
  /// Whether no name stands for it any more.
  bool is_deleted() const;

  std::uint64_t overlong_lines() const { return splitter_.overlong_lines(); }
  std::uint64_t skipped_bytes() const { return splitter_.skipped_bytes(); }
  void shrink() { splitter_.shrink(); }

 private:
  TailedFile(std::string path, FileNumber number, std::size_t line_limit)
      : path_(std::move(path)), number_(number), line_limit_(line_limit), splitter_(line_limit) {}

  Result<void> examine(FileDescriptor file, Form form);
  State read_growing(std::size_t limit, std::size_t& read);
  State read_stored(std::size_t limit, std::size_t& read);
  State skip_stored(std::size_t limit, std::size_t& read);
  bool is_intact(std::uint64_t size);
  State fail_with(Error error);
  std::string bytes_before(std::uint64_t offset, std::size_t size) const;

  std::string path_;
  FileNumber number_;
  std::size_t line_limit_;
  FileDescriptor growing_;             ///< open when it may grow
  std::optional<DecodedFile> stored_;  ///< set when it is compressed
  FileNode node_;
  std::string beginning_;            ///< up to kFingerprintedBytes, uncompressed
  mutable Fingerprint fingerprint_;  ///< of the whole lines of beginning_, made when asked for
  std::uint64_t size_ = 0;
  Time modified_{};
  LineSplitter splitter_;
  std::uint64_t to_skip_ = 0;  ///< uncompressed bytes in front of the start of a compressed file
  StartPoint start_;
  std::string skipped_tail_;  ///< the last kNginxLineLimit bytes of what was skipped
  std::vector<char> skip_room_;
  std::optional<Error> failure_;
};

}  // namespace handshaked::ingest
