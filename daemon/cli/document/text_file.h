#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "base/result.h"

namespace handshaked::cli {

/// Reads a whole file of at most 64 MiB; "-" is standard input.
Result<std::string> read_text_file(const std::string& path);

/// Writes a file, and the directories above it where they are missing.
Result<> write_text_file(const std::filesystem::path& path, std::string_view text);

}  // namespace handshaked::cli
