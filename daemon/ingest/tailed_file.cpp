#include "ingest/tailed_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "ingest/file_status.h"

namespace handshaked::ingest {
namespace {

constexpr std::size_t kReadSize = 256 * 1024;

ssize_t read_at(int descriptor, char* bytes, std::size_t size, std::uint64_t offset) {
  while (true) {
    const ssize_t got = ::pread(descriptor, bytes, size, static_cast<off_t>(offset));
    if (got >= 0 || errno != EINTR) return got;
  }
}

/// Half a time stamp would be the beginning of every log: of a short file only whole lines identify
/// it.
std::string_view whole_lines(std::string_view beginning) {
  if (beginning.size() >= kFingerprintedBytes) return beginning;
  return beginning.substr(0, beginning.rfind('\n') + 1);
}

}  // namespace

Result<TailedFile> TailedFile::open(const std::string& path, FileNumber number, Form form,
                                    std::size_t line_limit) {
  // O_NONBLOCK: a named pipe in place of a log must not stop us here.
  FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
  if (!file.is_open()) return fail(error_from_errno(errno, path));
  TailedFile tailed(path, number, line_limit);
  TRY(tailed.examine(std::move(file), form));
  return tailed;
}

Result<void> TailedFile::examine(FileDescriptor file, Form form) {
  TRY(const FileStatus status, read_status(file.number(), path_));
  if (status.is_directory)
    return fail(ErrorCode::invalid_input, path_ + ": is a directory, not a log file");
  if (!status.is_regular)
    return fail(ErrorCode::invalid_input, path_ + ": is not a regular file and cannot be followed");
  node_ = status.node;
  size_ = status.size;
  modified_ = status.modified;
  beginning_ = read_beginning(file.number());
  if (form == Form::stored && detect_form(beginning_) != StoredForm::plain) {
    TRY(auto decoded, DecodedFile::adopt(std::move(file), path_));
    TRY(beginning_, read_decoded_beginning(decoded));
    TRY(decoded.rewind());
    stored_ = std::move(decoded);
  } else {
    growing_ = std::move(file);
  }
  return success();
}

void TailedFile::start_at(StartPoint start) {
  start_ = start;
  if (is_stored()) {
    to_skip_ = start.offset.value;
    splitter_.start(start);
    return;
  }
  splitter_.start(start, bytes_before(start.offset.value, kNginxLineLimit));
}

void TailedFile::start_at_end() {
  const std::string tail = bytes_before(size_, line_limit_ + 1);
  const auto feed = tail.rfind('\n');
  if (feed != std::string::npos) {
    start_at({{size_ - (tail.size() - feed - 1)}, false});
  } else if (tail.size() <= line_limit_) {
    start_at({{size_ - tail.size()}, false});
  } else {
    start_at({{size_}, true});
  }
}

TailedFile::State TailedFile::read_some(std::size_t limit, BlockHandler& handler,
                                        std::size_t& read) {
  failure_.reset();
  const std::size_t size = std::clamp<std::size_t>(limit, 1, kReadSize);
  State state = State::more;
  if (!is_stored()) {
    state = read_growing(size, read);
  } else {
    state = to_skip_ > 0 ? skip_stored(size, read) : read_stored(size, read);
  }
  while (const auto block = splitter_.next()) handler.on_block({*block, path_, number_});
  return state;
}

TailedFile::State TailedFile::read_growing(std::size_t limit, std::size_t& read) {
  const std::uint64_t offset = splitter_.end().value;
  // A small log needs a small buffer: no more room than there is to read, unless the file has grown
  // meanwhile.
  const auto ahead = read_status(growing_.number(), path_);
  if (!ahead) return fail_with(ahead.error());
  const std::uint64_t expected = ahead.value().size > offset ? ahead.value().size - offset : 1;
  const auto room =
      splitter_.writable(static_cast<std::size_t>(std::min<std::uint64_t>(limit, expected)));
  const ssize_t got = read_at(growing_.number(), room.data(), room.size(), offset);
  if (got < 0)
    return fail_with(
        error_from_errno(errno, path_ + ": reading at byte " + std::to_string(offset)));
  const auto status = read_status(growing_.number(), path_);
  if (!status) return fail_with(status.error());
  if (!is_intact(status.value().size)) return State::truncated;
  size_ = status.value().size;
  modified_ = status.value().modified;
  if (got == 0) return State::at_end;
  splitter_.commit(static_cast<std::size_t>(got));
  read += static_cast<std::size_t>(got);
  return splitter_.end().value < size_ ? State::more : State::at_end;
}

/// A file is cut by copytruncate or by hand. It may have grown past our place again since, so its
/// size alone proves nothing.
bool TailedFile::is_intact(std::uint64_t size) {
  if (size < splitter_.end().value) return false;
  std::string beginning = read_beginning(growing_.number());
  if (!beginning.starts_with(beginning_)) return false;
  beginning_ = std::move(beginning);
  return true;
}

TailedFile::State TailedFile::read_stored(std::size_t limit, std::size_t& read) {
  const auto got = stored_->read(splitter_.writable(limit));
  if (!got) return fail_with(got.error());
  if (got.value() == 0) return State::at_end;
  splitter_.commit(got.value());
  read += got.value();
  return State::more;
}

TailedFile::State TailedFile::skip_stored(std::size_t limit, std::size_t& read) {
  skip_room_.resize(kReadSize);
  const auto room = std::span(skip_room_)
                        .first(static_cast<std::size_t>(std::min<std::uint64_t>(limit, to_skip_)));
  const auto got = stored_->read(room);
  if (!got) return fail_with(got.error());
  if (got.value() == 0)
    return State::at_end;  // shorter than what was read of it before: nothing is left in it
  read += got.value();
  to_skip_ -= got.value();
  skipped_tail_.append(room.data(), got.value());
  if (skipped_tail_.size() > kNginxLineLimit)
    skipped_tail_.erase(0, skipped_tail_.size() - kNginxLineLimit);
  if (to_skip_ == 0) {
    splitter_.start(start_, skipped_tail_);
    skipped_tail_ = {};
    skip_room_ = {};
  }
  return State::more;
}

void TailedFile::finish(BlockHandler& handler) {
  if (const auto rest = splitter_.finish()) handler.on_block({*rest, path_, number_});
}

FilePosition TailedFile::position() const {
  const std::string_view telling = whole_lines(beginning_);
  if (fingerprint_.length != telling.size()) fingerprint_ = Fingerprint::of(telling);
  return {.path = path_,
          .identity = {node_, fingerprint_},
          .start = splitter_.consumed(),
          .finished = false,
          .modified = modified_};
}

std::uint64_t TailedFile::unread_bytes() const {
  const std::uint64_t end = splitter_.end().value;
  return is_stored() || size_ < end ? 0 : size_ - end;
}

bool TailedFile::is_deleted() const {
  const auto status = read_status(is_stored() ? stored_->descriptor() : growing_.number(), path_);
  return status && status.value().links == 0;
}

TailedFile::State TailedFile::fail_with(Error error) {
  failure_ = std::move(error);
  return State::failed;
}

std::string TailedFile::bytes_before(std::uint64_t offset, std::size_t size) const {
  std::string bytes(static_cast<std::size_t>(std::min<std::uint64_t>(size, offset)), '\0');
  const ssize_t got = read_at(growing_.number(), bytes.data(), bytes.size(), offset - bytes.size());
  if (got != static_cast<ssize_t>(bytes.size())) return {};
  return bytes;
}

}  // namespace handshaked::ingest
