#pragma once

#include <string>
#include <vector>

namespace handshaked::cli {

struct MatchOptions {
  std::vector<std::string> files;  ///< "-" is standard input
  std::string rules_directory;     ///< empty: found by itself
  std::string time_zone = "local";
  bool print_literals = false;  ///< only say what the rules require of a line
  unsigned jobs = 0;            ///< threads for a large file; 0: as many as there are processors
  bool line_buffered = false;   ///< write each object at once, for a reader that waits for it
};

/// `handshaked match`: one JSON object a recognised line on standard output, in the order of the
/// logs. Gives the exit code: 0 some matched, 1 none. A file that cannot be read is complained
/// about and skipped.
int run_match(const MatchOptions& options);

}  // namespace handshaked::cli
