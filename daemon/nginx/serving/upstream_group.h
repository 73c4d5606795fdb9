#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "nginx/configuration/configuration.h"
#include "nginx/configuration/inheritance.h"
#include "nginx/serving/address.h"

namespace handshaked::nginx {

/// One `server` of an upstream block.
struct UpstreamServer {
  const Directive* directive = nullptr;
  Address
      address;  ///< http: port 80 when none is written, for https too; stream: nginx demands one
  bool is_valid = true;  ///< false: nginx refuses the address
  bool is_port_default = false;
  bool is_backup = false;
  bool is_down = false;
  bool is_resolved_at_run_time = false;  ///< "resolve"
  std::string service;                   ///< "service=": the port comes from SRV records
  std::uint32_t weight = 1;
  std::uint32_t max_fails = 1;
  std::string fail_timeout = "10s";
};

/// An upstream block. http and stream have a name space each.
struct UpstreamGroup {
  enum class Space : std::uint8_t { http, stream };
  Space space = Space::http;
  std::string name;
  const Directive* directive = nullptr;
  std::vector<UpstreamServer> servers;
  std::string zone;     ///< empty: none
  std::string balance;  ///< "ip_hash", "least_conn", "hash", "random"; empty: round robin
  const Directive* resolver =
      nullptr;  ///< its own (since 1.27.3); otherwise that of http or stream counts
};

/// Every group of a configuration, in its order. Moving it keeps the groups where they are.
class UpstreamGroups {
 public:
  explicit UpstreamGroups(const Configuration& configuration);

  const std::vector<UpstreamGroup>& all() const { return groups_; }
  /// The group of that name, compared without case as nginx does; the first of two (nginx refuses
  /// two); nullptr when there is none.
  const UpstreamGroup* find(UpstreamGroup::Space space, std::string_view name) const;

 private:
  std::vector<UpstreamGroup> groups_;
  std::unordered_map<std::string, std::size_t> by_name_[2];
};

}  // namespace handshaked::nginx
