#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "diagnose/listener/listener_place.h"
#include "diagnose/listener/served_chain.h"

namespace handshaked::diagnose {

/// What can be wrong with a certificate that we serve, as a client sees it.
enum class ServedFault : std::uint8_t {
  expired,
  incomplete,
  self_signed,
  wrong_name,
  revoked,
  perhaps_incomplete,
  unsuitable
};

/// One of them, at a server of a listener. A value that borrows the server.
struct FoundFault {
  ServedFault fault = ServedFault::expired;
  double worth = 0;  ///< 0 to 1: how well it explains the alert that the client sent
  const nginx::ListeningServer* server = nullptr;
  ServedChain chain;
  std::string name;    ///< of wrong_name: the first that is not covered
  ReplayFault broken;  ///< of unsuitable: the rule, and who breaks it
};

/// All that is wrong with what the servers of a place serve, what explains the alert best first.
std::vector<FoundFault> find_faults(const LocalCase& local, const ListenerPlace& place);

/// The certificate of the file that has expired and that clients need; nullptr for none. Behind the
/// leaf only what leads to its root counts.
const Certificate* expired_one(const ServedChain& chain, Time now);

}  // namespace handshaked::diagnose
