#include "ingest/container_log.h"

#include <algorithm>
#include <vector>

namespace handshaked::ingest {
namespace {

using Names = std::vector<std::string_view>;

Names split(std::string_view text, char at) {
  Names parts;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find(at, begin), text.size());
    parts.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return parts;
}

bool is_container_id(std::string_view text) {
  return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

std::string joined(std::string_view name_space, std::string_view pod, std::string_view container) {
  if (name_space.empty() || pod.empty() || container.empty()) return {};
  return std::string(name_space).append("/").append(pod).append("/").append(container);
}

std::string of_kubelet_link(std::string_view file) {
  const Names parts = split(file.substr(0, file.size() - std::string_view(".log").size()), '_');
  if (parts.size() != 3) return {};
  const std::size_t dash = parts[2].rfind('-');
  if (dash == std::string_view::npos || !is_container_id(parts[2].substr(dash + 1))) return {};
  return joined(parts[1], parts[0], parts[2].substr(0, dash));
}

std::string of_pod_directory(std::string_view pod_directory, std::string_view container) {
  const Names parts = split(pod_directory, '_');
  return parts.size() == 3 ? joined(parts[0], parts[1], container) : std::string();
}

}  // namespace

std::string container_of_log(std::string_view path) {
  const Names names = split(path, '/');
  const std::size_t count = names.size();
  if (count < 4) return {};
  const std::string_view file = names[count - 1], parent = names[count - 2];
  if (parent == "containers" && file.ends_with(".log")) return of_kubelet_link(file);
  if (names[count - 3] == "containers" && is_container_id(parent) && file.starts_with(parent))
    return std::string(parent.substr(0, 12));
  if (count >= 5 && names[count - 4] == "pods" && file.ends_with(".log"))
    return of_pod_directory(names[count - 3], parent);
  return {};
}

}  // namespace handshaked::ingest
