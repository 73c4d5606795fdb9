#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace handshaked::cli {

/// Where a verb's data goes: standard output or a file, in writes of 64 KiB. A reader that closes
/// its end (`| head`) is no error: what follows is dropped and `reader_is_gone()` tells the
/// producer to stop. SIGPIPE must be ignored.
class Output {
 public:
  static Output standard();
  /// Creates or empties `path`; "-" is standard output.
  static Result<Output> to_file(const std::string& path);

  Output(Output&& other) noexcept;
  Output& operator=(Output&&) = delete;
  ~Output();

  /// Append here, then call `pass_on` when it is worth it. Grows once, then keeps its memory.
  std::string& buffer() { return buffer_; }
  /// Appends `text`; a long one is not copied, but written behind what waits.
  void write(std::string_view text);
  /// Writes when at least 64 KiB wait. After a failure the bytes are dropped and `flush` tells.
  void pass_on() {
    if (buffer_.size() >= kWriteSize) write_all();
  }
  /// Writes everything and reports the first failure since the beginning.
  Result<> flush();
  bool reader_is_gone() const { return reader_is_gone_; }
  bool failed() const { return failure_number_ != 0; }
  bool is_terminal() const;

 private:
  static constexpr std::size_t kWriteSize = 64 * 1024;
  Output(int descriptor, bool owns, std::string name);
  void write_all();
  void write_now(std::string_view text);

  int descriptor_ = -1;
  bool owns_ = false;
  bool reader_is_gone_ = false;
  int failure_number_ = 0;
  std::string name_;
  std::string buffer_;
};

}  // namespace handshaked::cli
