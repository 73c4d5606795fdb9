#pragma once

#include <fstream>
#include <string>
#include <vector>

#include "child_program.h"
#include "diagnose/tls/probe_policy.h"
#include "diagnose/tls/tls_probe.h"
#include "scripted_peer.h"
#include "support/temp_dir.h"
#include "test_pki.h"

namespace handshaked::diagnose {

inline void write_file(const std::filesystem::path& path, const std::string& text) {
  std::ofstream(path) << text;
}

inline int connect_loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0) return fd;
  ::close(fd);
  return -1;
}

/// `openssl s_server` on a loopback port.
class OpensslServer {
 public:
  OpensslServer(const test::TempDir& directory, const std::string& name,
                const std::vector<TestIdentity>& chain, std::vector<std::string> options) {
    const std::string base = (directory / name).string();
    std::string others;
    for (std::size_t i = 1; i < chain.size(); ++i) others += chain[i].pem();
    write_file(base + ".crt", chain.front().pem());
    write_file(base + ".key", chain.front().key_pem());
    write_file(base + ".others", others);
    std::vector<std::string> arguments{"openssl", "s_server",    "-accept", "127.0.0.1:0", "-www",
                                       "-cert",   base + ".crt", "-key",    base + ".key"};
    if (!others.empty()) arguments.insert(arguments.end(), {"-cert_chain", base + ".others"});
    arguments.insert(arguments.end(), options.begin(), options.end());
    program_ = std::make_unique<ChildProgram>(std::move(arguments), base + ".out");
    for (const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
         port_ == 0; std::this_thread::yield()) {
      port_ = announced_port(base + ".out");
      if (std::chrono::steady_clock::now() > deadline)
        throw std::runtime_error("openssl s_server did not start");
    }
  }
  std::uint16_t port() const { return port_; }

 private:
  /// Of the line "ACCEPT 127.0.0.1:43210", once all of it is there.
  static std::uint16_t announced_port(const std::string& path) {
    std::ifstream output(path);
    const std::string text{std::istreambuf_iterator<char>(output), {}};
    const auto line = text.find("ACCEPT ");
    const auto end = text.find('\n', line);
    if (line == std::string::npos || end == std::string::npos) return 0;
    return static_cast<std::uint16_t>(std::stoi(text.substr(text.rfind(':', end) + 1)));
  }

  std::uint16_t port_ = 0;
  std::unique_ptr<ChildProgram> program_;
};

inline AllowedPeer allowed(const NamedPeer& peer) {
  const auto policy = ProbePolicy::create({peer}, {});
  auto addresses = policy.value().addresses_of(
      peer, [](const std::string& name) -> Result<std::vector<std::string>> {
        return fail(ErrorCode::not_found, name);
      });
  if (!addresses) throw std::runtime_error(addresses.error().message());
  return addresses.value().front();
}
inline AllowedPeer peer_of(const OpensslServer& server) {
  return allowed({"127.0.0.1", server.port()});
}
inline AllowedPeer peer_of(const ScriptedPeer& peer) { return allowed({"127.0.0.1", peer.port()}); }

inline ProbeResult probe(const AllowedPeer& peer, const ProbeRequest& request = {}) {
  auto result =
      run_probe(peer, request, std::chrono::steady_clock::now() + std::chrono::seconds(40));
  if (!result) throw std::runtime_error(result.error().message());
  return std::move(result).value();
}

}  // namespace handshaked::diagnose
