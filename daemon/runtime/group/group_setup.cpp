#include "runtime/group/group_setup.h"

#include <algorithm>

#include "engine/nats_publisher.h"
#include "runtime/group/group_view.h"
#include "runtime/operator/status_json.h"

namespace handshaked::runtime {
namespace {

using engine::GroupPart;

Result<engine::NatsGroupOptions> usable_options(const config::Config& config) {
  if (const std::string why = engine::why_no_nats(); !why.empty()) return fail(ErrorCode::invalid_configuration, why);
  return group_options(config);
}

}  // namespace

Result<std::vector<GroupPart>> set_up_group(const config::Config& config, bool may_make) {
  TRY(const engine::NatsGroupOptions options, usable_options(config));
  TRY(std::vector<GroupPart> parts, engine::set_up_nats_group(options, may_make));
  GroupPart& settings =
      parts.emplace_back(GroupPart{.what = "settings of the group", .settings = std::to_string(config.group.partitions) + " partitions"});
  if (std::any_of(parts.begin(), parts.end() - 1, [](const GroupPart& part) { return part.state == GroupPart::State::missing; }))
    return parts;  // there is no bucket to look into, and none may be made
  const auto group = engine::make_nats_group(options);
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

Result<std::vector<std::string>> unread_subjects(const config::Config& config) {
  TRY(const engine::NatsGroupOptions options, usable_options(config));
  return engine::subjects_of_no_partition(options, config.group.partitions);
}

Result<std::string> group_now(const config::Config& config) {
  TRY(const engine::NatsGroupOptions options, usable_options(config));
  const auto group = engine::make_nats_group(options);
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
    if (part.state == GroupPart::State::missing) problems.push_back(whose + part.what + ": missing; handshaked group setup makes it");
  }
  if (!problems.empty()) return problems;
  const auto strays = unread_subjects(config);
  if (!strays) return {whose + strays.error().message()};
  for (const std::string& subject : strays.value())
    problems.push_back(whose + "messages on \"" + subject + "\" belong to none of the " + std::to_string(config.group.partitions) +
                       " partitions, so nobody reads them: the servers' mapping has another number of partitions");
  return problems;
}

}  // namespace handshaked::runtime
