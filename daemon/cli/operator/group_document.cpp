#include "cli/operator/group_document.h"

#include <simdjson.h>

#include "base/text/visible_text.h"
#include "cli/document/text_layout.h"
#include "cli/document/words.h"

namespace handshaked::cli {
namespace {

using simdjson::dom::element;

/// "-" where there is none.
std::string or_dash(std::string text) { return text.empty() ? "-" : std::move(text); }

std::string state_words(Language language, const std::string& state) {
  if (language == Language::en) return state;
  return state == "owned"     ? "已分配"
         : state == "stale"   ? "失联"
         : state == "free"    ? "空闲"
         : state == "working" ? "工作中"
         : state == "waiting" ? "等待中"
                              : "静默";
}

}  // namespace

std::string group_tables(const element& group, Language language) {
  const auto partitions = list_of(group, "partitions");
  std::size_t without = 0;
  TextTable owners({std::string(say(language, "PARTITION", "分区")), std::string(say(language, "STATE", "状态")),
                    std::string(say(language, "OWNER", "所有者")), std::string(say(language, "SINCE", "起始")),
                    std::string(say(language, "WAITING", "等待"))});
  for (const element& partition : partitions) {
    const std::string state = text_of(partition, "state");
    without += state == "owned" ? 0U : 1U;
    owners.add({text_of(partition, "number"), state_words(language, state), or_dash(text_of(partition, "owner")),
                or_dash(moment(partition, "since")), or_dash(text_of(partition, "waiting"))});
  }
  std::string out = std::string(say(language, "group ", "工作组 ")) + visible_text(text_of(group, "name")) +
                    std::string(say(language, ": ", "：")) + counted(language, partitions.size(), "partition", "partitions", "个分区");
  if (without > 0) out += std::string(say(language, ", without an owner: ", "，无所有者：")) + std::to_string(without);
  out += "\n";
  if (const std::string trouble = text_of(group, "trouble"); !trouble.empty())
    out += std::string(say(language, "the engine cannot be asked: ", "无法查询引擎：")) + visible_text(trouble) + "\n";
  out += owners.text() + "\n";
  TextTable workers({std::string(say(language, "WORKER", "工作进程")), std::string(say(language, "STATE", "状态")),
                     std::string(say(language, "PARTITION", "分区")), std::string(say(language, "VERSION", "版本")),
                     std::string(say(language, "LAST HEARD", "最近消息"))});
  for (const element& worker : list_of(group, "workers"))
    workers.add({text_of(worker, "name"), state_words(language, text_of(worker, "state")), or_dash(text_of(worker, "partition")),
                 text_of(worker, "version"), or_dash(moment(worker, "heard_at"))});
  return out + workers.text();
}

}  // namespace handshaked::cli
