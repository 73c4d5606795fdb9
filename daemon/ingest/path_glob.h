#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace handshaked::ingest {

/// Which logs to follow: the configured paths, with wildcards (`*`, `?`, `[…]`, `{a,b}`) expanded
/// anew at every call, so that new logs are found. What a wildcard also catches and is not a log of
/// its own is left out: compressed files, directories, rotated forms (`error.log.1`,
/// `error-20261121.log`) of a log that is followed, was followed, or would be caught by the same
/// wildcard, and links to a log that is in the list. A path without wildcards is always in the
/// list, whatever stands there. Not shared between threads.
class PathGlob {
 public:
  explicit PathGlob(std::vector<std::string> patterns) : patterns_(std::move(patterns)) {}

  struct Expansion {
    std::vector<std::string> paths;  ///< sorted, each once
    std::vector<std::string>
        problems;  ///< for our log: a directory that cannot be read, too many files
  };
  Expansion expand();

  /// The directories in which new logs may appear: those of the patterns, where no wildcard stands
  /// in the directory itself.
  std::vector<std::string> directories() const;

 private:
  std::vector<std::string> match(const std::string& pattern, Expansion& expansion);

  std::vector<std::string> patterns_;
  std::set<std::string, std::less<>> known_;  ///< everything that ever was in the list; bounded
};

bool has_wildcard(std::string_view path);

}  // namespace handshaked::ingest
