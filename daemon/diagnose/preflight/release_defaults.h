#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "diagnose/case/text.h"
#include "nginx/nginx_version.h"

namespace handshaked::diagnose {

/// A default that another release brings, and where that stands.
struct ChangedDefault {
  Text what;
  std::string source;  ///< "OpenSSL 3.2, CHANGES.md"
};

/// What a series of OpenSSL does when nobody says otherwise. A distribution's build or its
/// openssl.cnf can say otherwise.
struct OpensslRelease {
  std::string_view series;  ///< "3.5"
  int security_level = 1;
};

/// The release that a text names: "3.5", "3.5.4", "OpenSSL 3.2.1". nullopt: a version that this
/// program knows nothing of.
std::optional<OpensslRelease> openssl_release(std::string_view version);
/// "3.0, 3.1, …": for people.
std::string known_openssl_series();
/// Every default that differs between two series, oldest first. An unknown `from` is the oldest.
std::vector<ChangedDefault> openssl_changes(std::string_view from, std::string_view to);

/// The TLS defaults of nginx's directives that differ between two versions, each with its source.
std::vector<ChangedDefault> nginx_changes(nginx::NginxVersion from, nginx::NginxVersion to);

}  // namespace handshaked::diagnose
