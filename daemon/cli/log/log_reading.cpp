#include "cli/log/log_reading.h"

#include <sys/stat.h>

#include <algorithm>
#include <cstdio>
#include <thread>

#include "base/text/visible_text.h"

namespace handshaked::cli {

Result<> read_log(
    const std::string& path, LineAnalysis& analysis, FailureHandler& handler,
    const std::function<bool(const ingest::LineBlock&, const ingest::BlockReader&)>& after_block) {
  TRY(auto reader, ingest::BlockReader::open(path));
  while (true) {
    TRY(const auto block, reader.next());
    if (!block) return success();
    analysis.consume(*block, handler);
    if (!after_block(*block, reader)) return success();
  }
}

unsigned useful_threads(const std::string& path, unsigned wanted) {
  constexpr off_t kSmall = 512 * 1024;  // as it is stored; packed ten times as much
  constexpr unsigned kMost =
      16;  // unless more are asked for: one thread reads for all, and each takes memory
  struct stat status {};
  if (path == "-" || ::stat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode) ||
      status.st_size < kSmall)
    return 1;
  return wanted != 0 ? wanted : std::clamp(std::thread::hardware_concurrency(), 1U, kMost);
}

void complain_about(const Error& error) {
  std::fprintf(stderr, "handshaked: %s\n", visible_text(error.message()).c_str());
}

}  // namespace handshaked::cli
