#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <thread>

#include "base/result.h"
#include "diagnose/prover/private_directory.h"

namespace handshaked::diagnose {

/// An nginx with one worker, in a directory of its own: no pid file or log but its own. Killed, and
/// waited for, by the destructor, whichever thread that runs in.
class PrivateInstance {
 public:
  /// Starts `program` and returns when it listens. `modules`: what stands in front, line by line;
  /// `blocks`: http or stream, of which each server logs where it likes. `servers`: how many those
  /// have. io with what nginx said when it would not start, timeout at the deadline, at which a
  /// running one ends as well.
  static Result<std::shared_ptr<const PrivateInstance>> start(
      const std::string& program, const std::string& modules, const std::string& blocks,
      std::size_t servers, std::chrono::steady_clock::time_point deadline);
  PrivateInstance(const PrivateInstance&) = delete;
  PrivateInstance& operator=(const PrivateInstance&) = delete;
  ~PrivateInstance();

 private:
  explicit PrivateInstance(PrivateDirectory directory) : directory_(std::move(directory)) {}
  Result<> run(const std::string& program, std::chrono::steady_clock::time_point deadline);

  PrivateDirectory directory_;
  std::thread runner_;
};

}  // namespace handshaked::diagnose
