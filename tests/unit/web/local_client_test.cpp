#include "web/local_client.h"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstring>

#include "base/file_descriptor.h"

namespace handshaked::web {
namespace {

/// A listener on loopback and one connection to it.
struct Connection {
  explicit Connection(int family, int client_family) {
    FileDescriptor listener(::socket(family, SOCK_STREAM, 0));
    sockaddr_storage address = loopback(family, false);
    EXPECT_EQ(::bind(listener.number(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    EXPECT_EQ(::listen(listener.number(), 1), 0);
    socklen_t size = sizeof address;
    EXPECT_EQ(::getsockname(listener.number(), reinterpret_cast<sockaddr*>(&address), &size), 0);
    const in_port_t port =
        reinterpret_cast<sockaddr_in&>(address).sin_port;  // at the same place for both families
    client = FileDescriptor(::socket(client_family, SOCK_STREAM, 0));
    sockaddr_storage to = loopback(client_family, family != client_family);
    reinterpret_cast<sockaddr_in&>(to).sin_port = port;
    EXPECT_EQ(::connect(client.number(), reinterpret_cast<sockaddr*>(&to), sizeof to), 0);
    accepted = FileDescriptor(::accept(listener.number(), nullptr, nullptr));
  }

  static sockaddr_storage loopback(int family, bool is_mapped) {
    sockaddr_storage address{};
    address.ss_family = static_cast<sa_family_t>(family);
    if (family == AF_INET) {
      reinterpret_cast<sockaddr_in&>(address).sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    } else if (is_mapped) {
      auto& bytes = reinterpret_cast<sockaddr_in6&>(address).sin6_addr.s6_addr;
      bytes[10] = bytes[11] = 0xff;
      bytes[12] = 127;
      bytes[15] = 1;
    } else {
      reinterpret_cast<sockaddr_in6&>(address).sin6_addr = in6addr_loopback;
    }
    return address;
  }

  FileDescriptor client, accepted;
};

bool has_ipv6() {
  const FileDescriptor probe(::socket(AF_INET6, SOCK_STREAM, 0));
  sockaddr_storage address = Connection::loopback(AF_INET6, false);
  return probe.is_open() &&
         ::bind(probe.number(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
}

TEST(LocalClient, IsWhoeverHoldsTheOtherEnd) {
  const Connection over_ipv4(AF_INET, AF_INET);
  const auto client = LocalClient::of(over_ipv4.accepted.number());
  ASSERT_TRUE(client);
  EXPECT_EQ(client->user(), ::geteuid());
}

TEST(LocalClient, IsFoundOverIpv6AndThroughMappedAddresses) {
  if (!has_ipv6()) GTEST_SKIP() << "no IPv6 here";
  for (const int family : {AF_INET6, AF_INET}) {
    const Connection connection(family, AF_INET6);
    const auto client = LocalClient::of(connection.accepted.number());
    ASSERT_TRUE(client);
    EXPECT_EQ(client->user(), ::geteuid()) << (family == AF_INET ? "mapped" : "IPv6");
  }
}

TEST(LocalClient, IsNobodyWhenItHasClosedItsEnd) {
  Connection connection(AF_INET, AF_INET);
  const auto client = LocalClient::of(connection.accepted.number());
  ASSERT_TRUE(client);
  connection.client.reset();
  EXPECT_EQ(client->user(), std::nullopt) << "the kernel shows what nobody holds as root's";
}

TEST(LocalClient, IsNotKnownForOtherSockets) {
  int ends[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
  const FileDescriptor one(ends[0]), other(ends[1]);
  EXPECT_FALSE(LocalClient::of(one.number()));
}

}  // namespace
}  // namespace handshaked::web
