#pragma once

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>

#include "base/result.h"
#include "diagnose/prover/private_instance.h"

namespace handshaked::diagnose {

/// One server of a private nginx: a `server { … }` of the stream module that listens on a socket of
/// its own and logs into a file of its own.
struct HostedServer {
  std::string program;  ///< the nginx in use
  std::string modules;  ///< load_module and user, line by line
  std::string text;     ///< "server { … }"
  std::chrono::steady_clock::time_point deadline{};
};

/// Lets many proofs share few instances: who asks while one is starting is hosted by the next,
/// together with all others who do. So a proof costs a server block, and a start is paid for by as
/// many as wait for it. An instance ends when the last one lets go of it. A worker that one peer
/// brings down takes the others of its instance along: then nothing is proved by it, and nothing
/// refuted. Any thread.
class SharedNginx {
 public:
  /// `worth_a_start`: servers that are waited for a little, when so many may come.
  explicit SharedNginx(std::size_t worth_a_start) : worth_a_start_(worth_a_start) {}

  /// Blocks until an nginx has the server, the deadline at most. Where the instance would not start
  /// with those of others it is tried alone.
  Result<std::shared_ptr<const PrivateInstance>> host(const HostedServer& server);

 private:
  struct Party;
  void lead(Party& party, std::unique_lock<std::mutex>& lock);

  const std::size_t worth_a_start_;
  std::mutex mutex_;
  std::condition_variable has_changed_;
  std::shared_ptr<Party> gathering_;  ///< which others may join
  bool is_starting_ = false;
};

/// An instance for one server alone.
Result<std::shared_ptr<const PrivateInstance>> host_alone(const HostedServer& server);

}  // namespace handshaked::diagnose
