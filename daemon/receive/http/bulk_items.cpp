#include "receive/http/bulk_items.h"

#include <algorithm>

namespace handshaked::receive {
namespace {

constexpr auto npos = std::string_view::npos;

struct Action {
  std::string_view name;
  std::string_view status;
  bool has_source;
};
constexpr Action kActions[] = {{"index", "201", true}, {"create", "201", true}, {"update", "200", true}, {"delete", "404", false}};

/// No item is longer.
constexpr std::size_t kItemBytes = 112;

/// The action that `{"index":{…}}` names.
const Action* action_of(std::string_view line) {
  std::size_t at = line.find_first_not_of(" \t");
  if (at == npos || line[at] != '{') return nullptr;
  at = line.find_first_not_of(" \t", at + 1);
  if (at == npos || line[at] != '"') return nullptr;
  const std::string_view name = line.substr(at + 1, line.find('"', at + 1) - at - 1);
  const auto* const found =
      std::find_if(std::begin(kActions), std::end(kActions), [&](const Action& action) { return action.name == name; });
  return found == std::end(kActions) ? nullptr : found;
}

}  // namespace

void BulkItems::add_lines(std::string_view lines) {
  while (!lines.empty() && !broken_ && !has_too_many()) {
    const auto line_feed = lines.find('\n');
    std::string_view line = lines.substr(0, line_feed);
    lines.remove_prefix(std::min(lines.size(), line.size() + 1));
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (awaits_source_) awaits_source_ = false;
    else if (line.find_first_not_of(" \t") != npos) add_action(line);
  }
}

void BulkItems::add_action(std::string_view line) {
  const Action* const action = action_of(line);
  if (action == nullptr) {
    broken_ = true;
    return;
  }
  actions_ += static_cast<char>(action - kActions);
  awaits_source_ = action->has_source;
}

std::size_t BulkItems::answer_bytes() const { return 64 + actions_.size() * kItemBytes; }

std::string BulkItems::answer() const {
  std::string text = R"({"took":0,"errors":false,"items":[)";
  text.reserve(answer_bytes());
  for (std::size_t i = 0; i < actions_.size(); ++i) {
    const Action& action = kActions[static_cast<std::size_t>(actions_[i])];
    if (i > 0) text += ',';
    text.append("{\"").append(action.name).append("\":{\"_index\":\"handshaked\",\"_id\":\"").append(std::to_string(i));
    text.append("\",\"_version\":1,\"result\":\"").append(action.has_source ? "created" : "not_found").append("\",\"status\":");
    text.append(action.status).append("}}");
  }
  return text + "]}";
}

}  // namespace handshaked::receive
