#include "web/local_client.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <sstream>
#include <vector>

namespace handshaked::web {
namespace {

struct End {
  std::array<std::uint32_t, 4>
      words{};  ///< an IPv6 address as it is in memory; one of IPv4 is mapped into it
  std::uint16_t port = 0;
  bool is_ipv4 = false;
};

std::optional<End> end_of(int descriptor, int (*ask)(int, sockaddr*, socklen_t*)) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  if (ask(descriptor, reinterpret_cast<sockaddr*>(&address), &size) != 0) return std::nullopt;
  End end;
  if (address.ss_family == AF_INET) {
    const auto& ip = reinterpret_cast<const sockaddr_in&>(address);
    end.words = {0, 0, htonl(0xffff), ip.sin_addr.s_addr};
    end.port = ntohs(ip.sin_port);
    end.is_ipv4 = true;
    return end;
  }
  if (address.ss_family != AF_INET6) return std::nullopt;
  const auto& ip = reinterpret_cast<const sockaddr_in6&>(address);
  std::memcpy(end.words.data(), &ip.sin6_addr, sizeof ip.sin6_addr);
  end.port = ntohs(ip.sin6_port);
  end.is_ipv4 = IN6_IS_ADDR_V4MAPPED(&ip.sin6_addr);
  return end;
}

/// The kernel prints every 32 bits of an address as a number of this machine.
std::string kernel_text(const End& end, std::size_t first_word) {
  std::string text;
  std::array<char, 16> piece{};
  for (std::size_t i = first_word; i < end.words.size(); ++i) {
    std::snprintf(piece.data(), piece.size(), "%08X", end.words[i]);
    text += piece.data();
  }
  std::snprintf(piece.data(), piece.size(), ":%04X", end.port);
  return text + piece.data();
}

/// proc_net(5): "sl: local remote st tx:rx tr:when retrnsmt uid timeout inode …". Inode 0: nobody
/// holds the socket, and the user is no truth.
std::optional<uid_t> user_in(const std::string& line) {
  std::istringstream fields(line);
  const std::vector<std::string> words{std::istream_iterator<std::string>(fields), {}};
  constexpr std::size_t kUser = 7, kInode = 9;
  if (words.size() <= kInode || words[kInode] == "0") return std::nullopt;
  return static_cast<uid_t>(std::strtoul(words[kUser].c_str(), nullptr, 10));
}

}  // namespace

std::optional<LocalClient> LocalClient::of(int descriptor) {
  const auto client = end_of(descriptor, ::getpeername);
  const auto ours = end_of(descriptor, ::getsockname);
  if (!client || !ours) return std::nullopt;
  constexpr std::size_t kIpv4Word = 3;
  LocalClient found;
  // A program may hold an IPv6 socket for a connection over IPv4: then the row is in the other
  // table.
  found.rows_[1].ends = kernel_text(*client, 0) + " " + kernel_text(*ours, 0);
  if (client->is_ipv4)
    found.rows_[0].ends = kernel_text(*client, kIpv4Word) + " " + kernel_text(*ours, kIpv4Word);
  return found;
}

std::optional<uid_t> LocalClient::user() const {
  for (const Row& row : rows_) {
    if (row.ends.empty()) continue;
    std::ifstream table(row.table);
    for (std::string line; std::getline(table, line);) {
      if (line.find(row.ends) == std::string::npos) continue;
      if (const auto user = user_in(line)) return user;
    }
  }
  return std::nullopt;
}

}  // namespace handshaked::web
