#include "cli/log/log_reading.h"

#include <cstdio>

#include "base/visible_text.h"

namespace handshaked::cli {

Result<> read_log(const std::string& path, LineAnalysis& analysis, FailureHandler& handler,
                  const std::function<bool(const ingest::LineBlock&, const ingest::BlockReader&)>& after_block) {
  TRY(auto reader, ingest::BlockReader::open(path));
  while (true) {
    TRY(const auto block, reader.next());
    if (!block) return success();
    analysis.consume(*block, handler);
    if (!after_block(*block, reader)) return success();
  }
}

void complain_about(const Error& error) { std::fprintf(stderr, "handshaked: %s\n", visible_text(error.message()).c_str()); }

}  // namespace handshaked::cli
