#include "cli/document/text_file.h"

#include <cerrno>
#include <fstream>
#include <iostream>

#include "cli/document/output.h"

namespace handshaked::cli {

Result<std::string> read_text_file(const std::string& path) {
  static constexpr std::size_t kLimit = 64U << 20;
  std::ifstream file;
  if (path != "-") {
    file.open(path, std::ios::binary);
    if (!file) return fail(error_from_errno(errno, path));
  }
  std::istream& from = path == "-" ? std::cin : file;
  std::string text;
  char block[65536];
  while (from.read(block, sizeof block), from.gcount() > 0) {
    text.append(block, static_cast<std::size_t>(from.gcount()));
    if (text.size() > kLimit)
      return fail(ErrorCode::limit_exceeded, path + " is larger than 64 MiB");
  }
  if (from.bad()) return fail(ErrorCode::io, path + " cannot be read");
  return text;
}

Result<> write_text_file(const std::filesystem::path& path, std::string_view text) {
  std::error_code error;
  if (path.has_parent_path()) std::filesystem::create_directories(path.parent_path(), error);
  if (error) return fail(ErrorCode::io, path.parent_path().string() + ": " + error.message());
  TRY(auto output, Output::to_file(path.string()));
  output.buffer() = text;
  return output.flush();
}

}  // namespace handshaked::cli
