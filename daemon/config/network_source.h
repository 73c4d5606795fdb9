#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace handshaked::config {

/// What all sources that listen have in common.
struct NetworkSource {
  std::string name;                 ///< in our log, in counters, of the saved position
  std::vector<std::string> listen;  ///< addresses: receive/endpoint.h
  std::vector<std::string> allow;   ///< networks of senders; empty: all who can connect
  bool open_to_all = false;         ///< listens beyond loopback although nothing says who may send
  std::string time_zone = "local";  ///< of lines that carry none
  std::string host;                 ///< of lines that name none; empty: the sender's address
  bool sender_names_host = true;    ///< false: the host is `host`, or the sender's address, whatever the lines say
  std::string certificate, key;     ///< for tls addresses
  std::string client_ca;            ///< senders must show a certificate
  std::uint32_t max_connections = 1000;
  int socket_mode = 0660;                     ///< of Unix sockets
  std::chrono::milliseconds silent_after{0};  ///< say so when nothing came for so long; 0: never

  bool operator==(const NetworkSource&) const = default;
};

/// [[syslog]]
struct SyslogSource {
  NetworkSource network;
  std::uint32_t max_message = 64 * 1024;  ///< bytes; longer ones are cut
  std::uint32_t max_datagram = 8 * 1024;
  std::chrono::milliseconds idle_timeout{std::chrono::hours(1)};

  bool operator==(const SyslogSource&) const = default;
};

}  // namespace handshaked::config
