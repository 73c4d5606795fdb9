#include "runtime/group/group_setup.h"

#include <algorithm>

#include "runtime/group/group_access.h"
#include "runtime/group/group_view.h"
#include "runtime/operator/status_json.h"

namespace handshaked::runtime {
using engine::GroupPart;

Result<std::vector<GroupPart>> set_up_group(const config::Config& config, bool may_make) {
  // A group that was set up otherwise gets no stream beside what it has.
  if (may_make) {
    TRY(set_up_group(config, false));
  }
  TRY(std::vector<GroupPart> parts, set_up_parts(config, may_make));
  GroupPart& settings = parts.emplace_back(
      GroupPart{.what = "settings of the group",
                .settings = std::to_string(config.group.partitions) + " partitions"});
  const bool lacks_parts = std::any_of(parts.begin(), parts.end() - 1, [](const GroupPart& part) {
    return part.state == GroupPart::State::missing;
  });
  if (lacks_parts && !config.kafka.empty()) return parts;  // there is nowhere to look
  TRY(const auto group, open_group(config));
  const auto checked = check_group_settings(*group, config);
  if (checked) settings.state = GroupPart::State::there;
  else if (checked.error().code() != ErrorCode::not_found) return fail(checked.error());
  if (checked || !may_make) return parts;
  TRY(const auto written, group->put(kGroupSettings, group_settings(config), 0));
  if (!written) {
    TRY(check_group_settings(*group, config));  // somebody was faster
  }
  settings.state = GroupPart::State::made;
  return parts;
}

Result<std::string> group_now(const config::Config& config) {
  TRY(const auto group, open_group(config));
  TRY(check_group_settings(*group, config));
  TRY(const telemetry::GroupMetrics figures, look_at_group(*group, config, wall_clock_now()));
  return group_json(figures);
}

std::vector<std::string> group_problems(const config::Config& config) {
  const std::string whose = "group \"" + config.group.name + "\": ";
  const auto parts = set_up_group(config, false);
  if (!parts) return {whose + parts.error().message()};
  std::vector<std::string> problems;
  for (const GroupPart& part : parts.value()) {
    if (part.state == GroupPart::State::missing)
      problems.push_back(whose + part.what + ": missing; handshaked group setup makes it");
  }
  if (!problems.empty()) return problems;
  const auto strays = unread_lines(config);
  if (!strays) return {whose + strays.error().message()};
  const std::string count = std::to_string(config.group.partitions);
  for (const std::string& stray : strays.value()) {
    if (config.kafka.empty())
      problems.push_back(whose + "messages on \"" + stray + "\" belong to none of the " + count +
                         " partitions, so nobody reads them: the servers' mapping has another "
                         "number of partitions");
    else
      problems.push_back(whose + "nobody reads the partition \"" + stray +
                         "\" of the lines: their topic has more than the " + count +
                         " partitions of the group");
  }
  return problems;
}

}  // namespace handshaked::runtime
