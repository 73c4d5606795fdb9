#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace handshaked::receive {

/// Who may send: what both sides know. Kept in memory only; never in a message of ours.
struct ForwardSecrets {
  struct User {
    std::string name;
    std::string password;
  };
  std::string shared_key;   ///< empty: no handshake is asked for
  std::vector<User> users;  ///< empty: the key is enough
};

/// The server's side of the handshake of Forward protocol v1: HELO, PING, PONG. One a connection.
/// Knows no network: texts in, texts out.
class ForwardHandshake {
 public:
  static constexpr std::size_t kMaxPingBytes = 8 * 1024;

  /// `nonce` and `user_salt` are random texts, new for each connection.
  ForwardHandshake(const ForwardSecrets& secrets, std::string host, std::string nonce,
                   std::string user_salt);

  std::string helo() const;

  struct Verdict {
    bool accepted = false;
    std::string reason;           ///< why not: for the peer and for our log
    std::string client_hostname;  ///< as it calls itself
    std::string pong;             ///< to be sent either way
  };
  /// `ping` is one whole MessagePack value. Fails with invalid_input when it is no PING.
  Result<Verdict> judge(std::string_view ping) const;

 private:
  const ForwardSecrets& secrets_;
  std::string host_, nonce_, user_salt_;
};

/// `bytes` random bytes as hexadecimal text; from the operating system's source.
Result<std::string> random_text(std::size_t bytes);

}  // namespace handshaked::receive
