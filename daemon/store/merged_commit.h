#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "store/commit.h"

namespace handshaked::store {

/// Called once with the outcome of a submitted commit.
using CommitDone = std::function<void(Result<>)>;

/// Several commits on their way to one transaction: of each source and incident only the newest row
/// is kept, so that waiting for a disk costs the memory of what is distinct. Not thread-safe.
class MergedCommit {
 public:
  /// `commit` is newer than everything added before. `done` may be empty.
  void add(Commit commit, CommitDone done);
  void add(MergedCommit newer);

  const Commit& commit() const { return commit_; }
  /// True when nothing was ever added: an empty commit still has somebody to tell.
  bool empty() const { return commit_.empty() && done_.empty(); }
  /// About what it costs in memory.
  std::size_t size_bytes() const { return size_bytes_; }

  /// Tells everybody, in the order of add(), and empties it.
  void finish(const Result<>& outcome);

 private:
  void add_rows(Commit commit);

  Commit commit_;
  std::unordered_map<std::string, std::size_t> position_of_source_;  // index in commit_.positions
  std::unordered_map<std::string, std::size_t> row_of_incident_;     // index in commit_.incidents
  std::unordered_map<std::string, std::size_t> row_of_told_;         // by incident and receiver
  std::unordered_map<std::string, std::size_t> row_of_diagnosis_;    // by incident
  std::vector<CommitDone> done_;
  std::size_t size_bytes_ = 0;
};

}  // namespace handshaked::store
