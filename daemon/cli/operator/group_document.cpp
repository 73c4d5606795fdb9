#include "cli/operator/operator_document.h"

#include <simdjson.h>

#include "base/text/visible_text.h"
#include "cli/document/text_layout.h"
#include "cli/document/words.h"
#include "cli/texts.h"

namespace handshaked::cli {
namespace {

using simdjson::dom::element;

/// "-" where there is none.
std::string or_dash(std::string text) { return text.empty() ? "-" : std::move(text); }

std::string state_words(const Texts& say, const std::string& state) {
  if (state == "owned") return say("group_state.owned");
  if (state == "stale") return say("group_state.stale");
  if (state == "free") return say("group_state.free");
  if (state == "working") return say("group_state.working");
  if (state == "waiting") return say("group_state.waiting");
  return state == "silent" ? say("group_state.silent") : state;
}

}  // namespace

std::string group_tables(const element& group, Language language) {
  const Texts say(operator_texts(), language);
  const auto partitions = list_of(group, "partitions");
  std::size_t without = 0;
  TextTable owners({say("group.partition"), say("group.state"), say("group.owner"),
                    say("group.since"), say("group.waiting")});
  for (const element& partition : partitions) {
    const std::string state = text_of(partition, "state");
    without += state == "owned" ? 0U : 1U;
    owners.add({text_of(partition, "number"), state_words(say, state),
                or_dash(text_of(partition, "owner")), or_dash(moment(partition, "since")),
                or_dash(text_of(partition, "waiting"))});
  }
  std::string out = say(partitions.size() == 1 ? "group.of_one" : "group.of_many",
                        {{"name", visible_text(text_of(group, "name"))},
                         {"count", with_separators(partitions.size())}});
  if (without > 0)
    out = say("group.without_owner", {{"group", out}, {"count", std::to_string(without)}});
  out += "\n";
  if (const std::string trouble = text_of(group, "trouble"); !trouble.empty())
    out += say("group.trouble", {{"trouble", visible_text(trouble)}}) + "\n";
  out += owners.text() + "\n";
  TextTable workers({say("group.worker"), say("group.state"), say("group.partition"),
                     say("group.version"), say("group.heard")});
  for (const element& worker : list_of(group, "workers"))
    workers.add({text_of(worker, "name"), state_words(say, text_of(worker, "state")),
                 or_dash(text_of(worker, "partition")), text_of(worker, "version"),
                 or_dash(moment(worker, "heard_at"))});
  return out + workers.text();
}

}  // namespace handshaked::cli
