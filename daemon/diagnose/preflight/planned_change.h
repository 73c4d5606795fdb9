#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "diagnose/case/configured_file.h"
#include "diagnose/case/text.h"
#include "diagnose/certificates/certificate.h"
#include "nginx/nginx_version.h"
#include "nginx/serving/address.h"

namespace handshaked::diagnose {

/// The chain that a peer presents, known from a file of the operator's: what it will present, or
/// what it presents today.
struct PeerChain {
  nginx::Address peer;               ///< as the configuration writes it
  std::string written;               ///< "10.0.0.1:443"
  std::vector<Certificate> chain{};  ///< leaf first
  std::string source;                ///< the file, for people
  std::optional<std::string> sni{};  ///< only for handshakes that ask for this name; none: for all
};

/// A file that nginx reads, as it will be.
struct PlannedFile {
  FileRole role = FileRole::trust;
  std::string path;     ///< as the configuration or the operator names it
  std::string text;     ///< what will be in it
  std::string source;   ///< the file that holds it now
  std::string there{};  ///< `path` as nginx names it, where it is one of a checkout
};

/// What is going to change. A value; nothing in it has been done.
struct PlannedChange {
  std::vector<PeerChain> chains;      ///< --peer with --chain
  std::vector<PeerChain> chains_now;  ///< --chain-now: instead of asking the peer
  std::vector<PlannedFile> files;     ///< --trust, --crl, --certificate, --client-cert
  std::vector<PlannedFile>
      clients;                ///< --client-chain: chains of clients that have to go on working
  std::optional<Time> at;     ///< --at
  std::optional<Time> until;  ///< --until
  std::string openssl;        ///< --openssl, as it was written
  std::optional<int> security_level;  ///< its default, or what --security-level says
  nginx::NginxVersion nginx;          ///< --nginx
  nginx::NginxVersion nginx_in_use;   ///< what it replaces; unknown: the newest
  bool is_configuration = false;      ///< another configuration is proposed

  /// Nothing but another configuration: what both have alike is not concerned.
  bool is_configuration_alone() const {
    return is_configuration && chains.empty() && files.empty() && !at && !until &&
           !security_level && !nginx.is_known();
  }
  bool is_everywhere() const {
    return at || until || security_level || nginx.is_known() || is_configuration;
  }
};

}  // namespace handshaked::diagnose
