// Every configuration of the real situations: what their own log lines name must be found in them.
#include "unit/nginx/lab_configurations.h"

#include <gtest/gtest.h>

#include "nginx/governing.h"
#include "nginx/serving/location_match.h"

namespace handshaked::nginx {
namespace {

/// The text between `label` and `end` of a log line; enough for these lines, which no stranger
/// wrote.
std::string_view field(std::string_view line, std::string_view label, std::string_view end) {
  const std::size_t begin = line.find(label);
  if (begin == std::string_view::npos) return {};
  line.remove_prefix(begin + label.size());
  return line.substr(0, line.find(end));
}

LoggedPlace place_of(std::string_view line) {
  LoggedPlace place;
  place.server = field(line, ", server: ", ", ");
  place.request_target = request_target(field(line, ", request: \"", "\""));
  place.host = field(line, ", host: \"", "\"");
  if (line.find("does not match \"") != std::string_view::npos)
    place.expected_name = field(line, "does not match \"", "\"");
  std::string_view url = field(line, ", upstream: \"", "\"");
  if (const std::size_t scheme = url.find("://"); scheme != std::string_view::npos) {
    place.scheme = url.substr(0, scheme);
    url.remove_prefix(scheme + 3);
  }
  place.peer = url.substr(0, url.find('/'));
  place.upstream_path = url.substr(place.peer.size());
  return place;
}

Configuration load(std::string_view text) {
  MemoryFiles files;
  files.add("/etc/nginx/nginx.conf", std::string(text));
  return std::move(Configuration::load("/etc/nginx/nginx.conf", files)).value();
}

TEST(LabConfigurations, AreReadWithoutAProblem) {
  std::size_t count = 0;
  for (const lab::Situation& situation : lab::situations()) {
    const Configuration configuration = load(situation.configuration);
    for (const auto& problem : configuration.problems())
      ADD_FAILURE() << situation.id << ": " << problem.message();
    EXPECT_GT(configuration.directive_count(), 2u) << situation.id;
    ++count;
  }
  EXPECT_EQ(count, 109u);
}

TEST(LabConfigurations, EveryUpstreamLineFindsItsPass) {
  std::size_t lines = 0;
  for (const lab::Situation& situation : lab::situations()) {
    if (situation.side != "upstream" || situation.line.empty()) continue;
    ++lines;
    const Configuration configuration = load(situation.configuration);
    const PassInventory inventory(configuration, {1, 22, 1});
    const auto found = governing_targets(inventory, place_of(situation.line));
    ASSERT_FALSE(found.empty()) << situation.id << "\n" << situation.line;
    EXPECT_GE(found[0].confidence, 0.3) << situation.id << ": " << found[0].why;
    EXPECT_FALSE(found[0].why.empty());
    const bool is_plain = situation.line.find("upstream: \"http://") != std::string_view::npos ||
                          situation.line.find("upstream: \"grpc://") != std::string_view::npos;
    EXPECT_EQ(found[0].target->is_tls, !is_plain && situation.id != "stream-plain-upstream-to-tls")
        << situation.id;
    // The name in the line is the one that nginx would compare.
    const LoggedPlace place = place_of(situation.line);
    if (place.expected_name.data() != nullptr) {
      const auto names = inventory.peer_names(*found[0].target, *found[0].destination);
      ASSERT_FALSE(names.empty());
      EXPECT_EQ(names[0].verified, place.expected_name) << situation.id;
    }
  }
  EXPECT_GE(lines, 50u);
}

TEST(LabConfigurations, EveryClientLineFindsItsListener) {
  std::size_t lines = 0;
  for (const lab::Situation& situation : lab::situations()) {
    if (situation.side != "client" || situation.line.empty()) continue;
    ++lines;
    const Configuration configuration = load(situation.configuration);
    const ListenerInventory inventory(configuration, {1, 22, 1});
    const auto found = governing_listeners(inventory, place_of(situation.line));
    ASSERT_FALSE(found.empty()) << situation.id << "\n" << situation.line;
    EXPECT_TRUE(found[0].listener->is_tls) << situation.id;
  }
  EXPECT_GE(lines, 10u);
}

}  // namespace
}  // namespace handshaked::nginx
