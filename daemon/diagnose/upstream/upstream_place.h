#pragma once

#include <optional>

#include "diagnose/case/surroundings.h"
#include "nginx/governing.h"

namespace handshaked::diagnose {

/// Where one connection to an upstream is governed, in numbers: finds the same place in another
/// reading of the same configuration, when a patch has moved its lines or changed its address. A
/// value.
struct UpstreamPlace {
  std::size_t target = 0;       ///< of PassInventory::targets()
  std::size_t destination = 0;  ///< of PassTarget::destinations; meaningless when there are none
  std::optional<std::size_t> member{};  ///< of UpstreamGroup::servers

  bool operator==(const UpstreamPlace&) const = default;
};

/// A place, looked up in one reading of the configuration. Borrows from it and from the files.
struct UpstreamView {
  const ReadConfiguration* nginx = nullptr;
  const nginx::ConfigurationFiles* files = nullptr;
  const nginx::PassTarget* target = nullptr;
  const nginx::Destination* destination = nullptr;  ///< nullptr: only a request tells where it goes
  const nginx::UpstreamServer* member =
      nullptr;  ///< of a group; nullptr: the host itself, or a group without servers

  /// What nginx connects to; nullptr when only a request tells.
  const nginx::Address* address() const;
  /// nginx speaks TLS there.
  bool is_tls() const;
  /// The innermost block that may hold *_ssl_* directives for this place: its location, else its
  /// server (an `if` may not).
  const nginx::Directive& settings_block() const;
  /// The name that the certificate is compared with, and the SNI. Of several the first that is
  /// known.
  nginx::PeerName name() const;
  /// "proxy", "grpc", "uwsgi": what stands before "_ssl_verify".
  std::string_view family() const;
  /// A directive of this place in full: directive("ssl_name") is "grpc_ssl_name".
  std::string directive(std::string_view setting) const;
};

/// The same place in `nginx`; nullopt when it is not there any more.
std::optional<UpstreamView> view_of(const UpstreamPlace& place, const ReadConfiguration& nginx,
                                    const nginx::ConfigurationFiles& files);

/// The numbers of a governing target; it must be of `nginx`.
UpstreamPlace place_of(const nginx::GoverningTarget& governing, const ReadConfiguration& nginx);

}  // namespace handshaked::diagnose
