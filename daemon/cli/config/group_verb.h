#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/language.h"
#include "base/result.h"
#include "config/config.h"
#include "engine/nats/nats_group.h"

namespace handshaked::cli {

struct GroupOptions {
  enum class Verb { setup, show };
  Verb verb = Verb::show;
  std::string config_file;  ///< empty: the default one, if it exists
  bool is_dry_run = false;  ///< of `setup`
  bool json = false;
  Language language = Language::en;
};

/// What the verb asks the engine for.
struct GroupQuestions {
  std::function<Result<std::vector<engine::GroupPart>>(const config::Config&, bool may_make)>
      set_up;
  std::function<Result<std::vector<std::string>>(const config::Config&)> unread_lines;
  std::function<Result<std::string>(const config::Config&)> group_json;
};

/// `handshaked group setup` makes what a group of workers needs in its engine; with --dry-run it
/// says what it would make. `group show` says who has which partition. Neither speaks to a daemon.
/// Exit codes: 0 done, 1 the group is not as the configuration says or was not set up, 69 the
/// engine cannot be reached, 78 bad configuration.
int run_group(const GroupOptions& options, const GroupQuestions& questions);

}  // namespace handshaked::cli
