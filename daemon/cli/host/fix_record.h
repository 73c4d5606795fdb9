#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace handshaked::cli {

/// What an `apply` did, kept beside the copies in its backup: so that it can be undone, and is not
/// done twice.
struct FixRecord {
  struct File {
    std::string path;
    bool is_new = false;       ///< was not there before
    std::string after_sha256;  ///< of what was written
  };
  std::string backup;  ///< the directory; what was in a file is there under its whole path
  std::string incident, fix, title;
  std::optional<Time> applied_at,
      verified_at;  ///< not verified: nobody could see that the fault is gone
  std::vector<std::string> worked_before;  ///< keys of the upstreams that worked
  std::vector<File> files;

  /// Every file is as it was written then.
  bool is_in_place() const;
};

std::string to_json(const FixRecord& record);
inline constexpr const char* kAppliedRecord = "applied.json";
inline constexpr const char* kUndoneRecord = "undone.json";

/// The newest apply below `root` that was not undone, of the incident whose id begins so (empty: of
/// any). Only what the caller's own user wrote, and nobody else can write, is believed.
std::optional<FixRecord> last_applied(const std::string& root, const std::string& incident);

/// A file as it was before, from the backup.
Result<std::string> text_before(const FixRecord& record, const FixRecord::File& file);

}  // namespace handshaked::cli
