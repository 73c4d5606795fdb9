#pragma once

#include <string>
#include <string_view>

namespace handshaked::ingest {

/// The container whose log a container runtime has put there: "namespace/pod/container" for
/// Kubernetes, twelve digits of the id for Docker; empty for any other file. Below whatever
/// directory the node's /var/log or /var/lib/docker is mounted. Such lines are not this host's: no
/// configuration here is theirs.
///   /var/log/containers/POD_NAMESPACE_CONTAINER-ID.log
///   /var/log/pods/NAMESPACE_POD_UID/CONTAINER/0.log
///   /var/lib/docker/containers/ID/ID-json.log
std::string container_of_log(std::string_view path);

}  // namespace handshaked::ingest
