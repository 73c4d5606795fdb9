#include "config/sections/sections.h"

namespace handshaked::config {
namespace {

constexpr std::size_t kMostLabels = 16;
constexpr std::size_t kLongestLabel = 64;
constexpr std::uint32_t kUsualConnections = 10'000;  // an edge keeps one open

bool is_label_name(std::string_view name) {
  return !name.empty() && name.size() <= kLongestLabel &&
         name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") == std::string_view::npos && name.front() >= 'a';
}

}  // namespace

void read_edge(TableReader& table, Config& config) {
  EdgeSource source;
  source.network.max_connections = kUsualConnections;
  source.network.silent_after = std::chrono::minutes(3);
  table.texts("token_files", source.token_files);
  read_network_source(table, "edge", source.network, config.network_names, !source.token_files.empty());
  for (const std::string& address : source.network.listen) {
    if (address.starts_with("udp:") || address.starts_with("unixgram:")) table.complain_about("listen", address + ": HTTP needs a stream");
  }
  if (source.network.silent_after < std::chrono::seconds(1)) table.complain_about("silent_after", "silent_after must be 1s or more");
  config.edges.push_back(std::move(source));
}

void read_labels(TableReader& table, Labels& labels) {
  for (const std::string& name : table.names()) {
    std::string value = name;  // stays so where it is no text, which is a problem already
    table.text(name, value);
    if (!is_label_name(name))
      table.complain_about(name, "a label name consists of lower-case letters, digits and _, and begins with a letter");
    else if (value.empty() || value.size() > kLongestLabel)
      table.complain_about(name, "the value of a label has 1 to " + std::to_string(kLongestLabel) + " bytes");
    else if (labels.size() >= kMostLabels) table.complain_about(name, "more than " + std::to_string(kMostLabels) + " labels");
    else labels.emplace(name, value);
  }
}

}  // namespace handshaked::config
