#pragma once

#include <string>
#include <vector>

#include "diagnose/preflight/forecast_parts.h"
#include "nginx/serving/listener_tls.h"

namespace handshaked::diagnose {

/// Clients of a listener that a change of its trust, its CRL or the date shuts out.
struct ClientBreak {
  Outlook outlook = Outlook::breaks;
  std::string cause;
  Text reason, now, then, missing;
  std::string would_log;
  std::vector<Text> weakened;
  std::vector<Prevention> preventions;
};

/// By the chains of --client-chain, which are replayed; and by stand-in clients of every CA that
/// the server trusts today. Empty: nobody is shut out, or the server verifies no clients.
std::vector<ClientBreak> client_breaks(Worlds& worlds, const nginx::ListeningServer& server,
                                       const nginx::ListeningServer& old);

}  // namespace handshaked::diagnose
