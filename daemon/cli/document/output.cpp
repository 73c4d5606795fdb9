#include "cli/document/output.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace handshaked::cli {

Output::Output(int descriptor, bool owns, std::string name)
    : descriptor_(descriptor), owns_(owns), name_(std::move(name)) {
  buffer_.reserve(kWriteSize + 16 * 1024);
}

Output Output::standard() { return {STDOUT_FILENO, false, "standard output"}; }

Result<Output> Output::to_file(const std::string& path) {
  if (path == "-") return standard();
  const int descriptor = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (descriptor < 0) return fail(error_from_errno(errno, path));
  return Output(descriptor, true, path);
}

Output::Output(Output&& other) noexcept
    : descriptor_(other.descriptor_),
      owns_(std::exchange(other.owns_, false)),
      reader_is_gone_(other.reader_is_gone_),
      failure_number_(other.failure_number_),
      name_(std::move(other.name_)),
      buffer_(std::move(other.buffer_)) {}

Output::~Output() {
  if (owns_) ::close(descriptor_);
}

void Output::write(std::string_view text) {
  if (text.size() < kWriteSize) {
    buffer_.append(text);
    pass_on();
    return;
  }
  write_all();
  write_now(text);
}

void Output::write_all() {
  write_now(buffer_);
  buffer_.clear();
}

void Output::write_now(std::string_view rest) {
  while (!rest.empty() && !reader_is_gone_ && failure_number_ == 0) {
    const ssize_t written = ::write(descriptor_, rest.data(), rest.size());
    if (written >= 0) rest.remove_prefix(static_cast<std::size_t>(written));
    else if (errno == EPIPE) reader_is_gone_ = true;
    else if (errno != EINTR) failure_number_ = errno;
  }
}

Result<> Output::flush() {
  write_all();
  if (failure_number_ != 0)
    return fail(error_from_errno(failure_number_, "could not write " + name_));
  return success();
}

bool Output::is_terminal() const { return ::isatty(descriptor_) == 1; }

}  // namespace handshaked::cli
