#include "diagnose/prover/shared_nginx.h"

namespace handshaked::diagnose {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kMostServers = 64;
constexpr std::chrono::milliseconds kPatience{150};

std::string stream_block(const std::string& servers) { return "stream {\n" + servers + "}\n"; }

}  // namespace

struct SharedNginx::Party {
  std::string program, modules, servers;
  std::size_t size = 0;
  Clock::time_point deadline{};  ///< of whoever has most time
  bool is_over = false;          ///< `instance` or `why_not` is there
  std::shared_ptr<const PrivateInstance> instance;
  std::string why_not;

  bool can_take(const HostedServer& server) const {
    return size < kMostServers && program == server.program && modules == server.modules;
  }
};

Result<std::shared_ptr<const PrivateInstance>> host_alone(const HostedServer& server) {
  return PrivateInstance::start(server.program, server.modules, stream_block(server.text), 1,
                                server.deadline);
}

/// Starts the party's instance when it is worth it, and no other is starting: until then others
/// join.
void SharedNginx::lead(Party& party, std::unique_lock<std::mutex>& lock) {
  has_changed_.wait_until(lock, std::min(party.deadline, Clock::now() + kPatience),
                          [&] { return party.size >= worth_a_start_; });
  has_changed_.wait_until(lock, party.deadline, [&] { return !is_starting_; });
  if (gathering_.get() == &party) gathering_.reset();
  const bool may_start = !is_starting_;
  if (may_start) {
    is_starting_ = true;
    lock.unlock();
    auto started = PrivateInstance::start(party.program, party.modules, stream_block(party.servers),
                                          party.size, party.deadline);
    lock.lock();
    is_starting_ = false;
    if (started) party.instance = std::move(started).value();
    else party.why_not = started.error().context();
  } else {
    party.why_not = "no time is left to start nginx";
  }
  party.is_over = true;
  has_changed_.notify_all();
}

Result<std::shared_ptr<const PrivateInstance>> SharedNginx::host(const HostedServer& server) {
  std::unique_lock lock(mutex_);
  std::shared_ptr<Party> party = gathering_;
  const bool is_leader = party == nullptr || !party->can_take(server);
  if (is_leader) {
    party = std::make_shared<Party>();
    party->program = server.program;
    party->modules = server.modules;
    gathering_ = party;
  }
  party->servers += server.text;
  ++party->size;
  party->deadline = std::max(party->deadline, server.deadline);
  if (party->size == worth_a_start_) has_changed_.notify_all();
  if (is_leader) lead(*party, lock);
  else has_changed_.wait_until(lock, server.deadline, [&] { return party->is_over; });
  if (party->instance) return party->instance;
  const bool is_late = !party->is_over || Clock::now() >= server.deadline;
  if (is_late) return fail(ErrorCode::timeout, "the private nginx did not start in time");
  if (party->size == 1) return fail(ErrorCode::io, party->why_not);
  lock.unlock();
  return host_alone(server);
}

}  // namespace handshaked::diagnose
