#include "cli/operator/operator_document.h"

#include <simdjson.h>

#include <algorithm>
#include <cstdio>

#include "base/text/visible_text.h"
#include "cli/document/text_layout.h"
#include "cli/document/words.h"
#include "cli/operator/group_document.h"

namespace handshaked::cli {
namespace {

using simdjson::dom::element;

constexpr std::size_t kRulesShown = 10;
constexpr std::size_t kEdgesShown = 20;  // those that need somebody come first

std::string length_words(std::uint64_t seconds) {
  if (seconds < 120) return std::to_string(seconds) + " s";
  if (seconds < 7200) return std::to_string(seconds / 60) + " min";
  if (seconds < 48 * 3600) return std::to_string(seconds / 3600) + " h";
  return std::to_string(seconds / 86400) + " d";
}

/// Microseconds matter here: a regex takes one or two.
std::string cost_words(double seconds) {
  char text[32];
  if (seconds < 1) std::snprintf(text, sizeof text, "%.2f ms", seconds * 1000);
  else std::snprintf(text, sizeof text, "%.2f s", seconds);
  return text;
}

class StatusDocument {
 public:
  StatusDocument(const element& status, Language language, std::optional<std::size_t> width)
      : status_(status), language_(language), width_(width) {}

  std::string make() {
    head();
    incidents();
    receivers();
    sources();
    edges();
    group();
    rules();
    store();
    return std::move(out_);
  }

 private:
  std::string say(std::string_view en, std::string_view zh) const { return std::string(cli::say(language_, en, zh)); }

  void head() {
    out_ += "handshaked " + text_of(status_, "version") + ", pid " + text_of(status_, "pid") + say(", since ", "，启动于 ") +
            moment(status_, "started_at") + ", " + size_words(number_of(status_, "memory_bytes")) + "\n";
    element libraries;
    if (status_["libraries"].get(libraries) == simdjson::SUCCESS) {
      out_ += say("up for ", "已运行 ") + length_words(number_of(status_, "uptime_seconds")) + ", " +
              cost_words(real_of(status_, "cpu_seconds")) + say(" of processor time", " 处理器时间") + ", OpenSSL " +
              text_of(libraries, "openssl") + ", SQLite " + text_of(libraries, "sqlite") + "\n";
    }
    out_ += say("following ", "跟踪日志 ") + text_of(status_, "logs") + say(" logs with ", " 个，规则 ") + text_of(status_, "rules") +
            say(" rules\n", " 条\n");
    for (const element& reason : list_of(status_, "not_ready_because")) {
      std::string_view text;
      if (reason.get(text) == simdjson::SUCCESS) out_ += say("NOT READY: ", "未就绪：") + visible_text(text) + "\n";
    }
    bool is_good = true;
    if (status_["last_reload_good"].get(is_good) == simdjson::SUCCESS && !is_good)
      out_ += say("the last reload of the rules was refused; those from before stay in force\n",
                  "最近一次重新加载规则被拒绝；仍使用之前的规则\n");
  }

  void incidents() {
    const element incidents = status_["incidents"];
    out_ += say("incidents: ", "事件：") + text_of(incidents, "critical") + say(" critical, ", " 严重，") + text_of(incidents, "warning") +
            say(" warning, ", " 警告，") + text_of(incidents, "info") + say(" info, ", " 提示，") + text_of(incidents, "noise") +
            say(" of noise, ", " 噪声，") + text_of(incidents, "pending") + say(" pending, ", " 待定，") + text_of(incidents, "silenced") +
            say(" silenced\n", " 已静默\n");
    if (number_of(incidents, "overflow_lines") > 0)
      out_ += say("lines beyond max_incidents: ", "超出 max_incidents 的行：") + text_of(incidents, "overflow_lines") + "\n";
  }

  void receivers() {
    TextTable table({say("RECEIVER", "接收方"), say("CIRCUIT", "线路"), say("WAITING", "等待"), say("DELIVERED", "已送达"),
                     say("DEAD", "死信"), say("LAST FAILURE", "最近失败")});
    for (const element& receiver : list_of(status_, "receivers")) {
      table.add({text_of(receiver, "name"), flag_of(receiver, "disabled") ? "disabled" : text_of(receiver, "circuit"),
                 text_of(receiver, "waiting"), text_of(receiver, "delivered"), text_of(receiver, "dead"),
                 text_of(receiver, "last_failure")});
    }
    out_ += table.text_within(width_, 5);
  }

  std::string state_word(const std::string& state) const {
    if (language_ == Language::en) return state;
    return state == "open" ? "读取中" : state == "waiting" ? "尚不存在" : state == "unreadable" ? "无法读取" : "启动中";
  }

  std::string since(const element& from, std::string_view key) const {
    const std::string at = moment(from, key);
    return at.empty() ? "-" : at;
  }

  void sources() {
    const auto list = list_of(status_, "sources");
    if (list.empty()) return;
    out_ += "\n";
    TextTable table({say("SOURCE", "来源"), say("KIND", "类型"), say("STATE", "状态"), say("READ", "已读"), say("LINES", "行数"),
                     say("MATCHED", "匹配"), say("POSITION", "位置"), say("UNREAD", "未读"), say("BEHIND", "落后"),
                     say("LAST LINE", "最近一行")});
    for (const element& source : list) {
      const bool has_lag = source["lag_bytes"].error() == simdjson::SUCCESS;
      table.add({text_of(source, "name"), text_of(source, "kind"), state_word(text_of(source, "state")),
                 size_words(number_of(source, "bytes")), text_of(source, "lines"), text_of(source, "matched"),
                 has_lag ? text_of(source, "position") : "-", has_lag ? size_words(number_of(source, "lag_bytes")) : "-",
                 has_lag ? length_words(static_cast<std::uint64_t>(real_of(source, "lag_seconds"))) : "-", since(source, "last_line_at")});
    }
    out_ += table.text_within(width_, 5);
  }

  std::string edge_state(const std::string& state) const {
    if (language_ == Language::en) return state;
    return state == "healthy" ? "正常" : state == "behind" ? "落后" : "静默";
  }

  void edges() {
    element fleet;
    if (status_["fleet"].get(fleet) != simdjson::SUCCESS) return;
    out_ += "\n" + say("edges: ", "边缘主机：") + text_of(fleet, "healthy") + say(" healthy, ", " 正常，") + text_of(fleet, "behind") +
            say(" behind, ", " 落后，") + text_of(fleet, "silent") + say(" silent\n", " 静默\n");
    const auto list = list_of(fleet, "edges");
    TextTable table({say("EDGE", "边缘主机"), say("STATE", "状态"), say("LAST HEARD", "最近消息"), say("VERSION", "版本"),
                     say("OPEN", "未恢复"), say("WAITING", "等待"), say("BEHIND", "落后")});
    for (std::size_t i = 0; i < std::min(kEdgesShown, list.size()); ++i)
      table.add({text_of(list[i], "host"), edge_state(text_of(list[i], "state")), since(list[i], "heard_at"), text_of(list[i], "version"),
                 text_of(list[i], "open_faults"), text_of(list[i], "waiting"), length_words(number_of(list[i], "lag_seconds"))});
    out_ += table.text_within(width_, 4);
    const std::uint64_t all = number_of(fleet, "healthy") + number_of(fleet, "behind") + number_of(fleet, "silent");
    if (all > kEdgesShown) out_ += say("and more: ", "其余：") + std::to_string(all - kEdgesShown) + " (--format json)\n";
  }

  void group() {
    element group;
    if (status_["group"].get(group) == simdjson::SUCCESS) out_ += "\n" + group_tables(group, language_);
  }

  void rules() {
    const auto list = list_of(status_, "rule_use");
    if (list.empty()) return;
    out_ += "\n";
    TextTable table({say("RULE", "规则"), say("LINES", "行数"), say("TRIED", "尝试"), say("COST", "耗时")});
    for (std::size_t i = 0; i < std::min(kRulesShown, list.size()); ++i)
      table.add({text_of(list[i], "id"), text_of(list[i], "matches"), text_of(list[i], "confirmations"),
                 cost_words(real_of(list[i], "seconds"))});
    out_ += table.text();
    if (list.size() > kRulesShown) out_ += say("and more: ", "其余：") + std::to_string(list.size() - kRulesShown) + " (--format json)\n";
  }

  void store() {
    element store;
    if (status_["store"].get(store) != simdjson::SUCCESS) return;
    const std::uint64_t commits = number_of(store, "commits");
    const double each = commits == 0 ? 0 : real_of(store, "commit_seconds") / static_cast<double>(commits);
    out_ += "\n" + say("store: ", "数据库：") + std::to_string(commits) + say(" commits of ", " 次提交，平均 ") + cost_words(each) +
            say(", last ", "，最近 ") + since(store, "last_commit_at") + say(", waiting ", "，等待 ") +
            size_words(number_of(store, "waiting_bytes")) + "\n";
    std::string queues;
    for (const element& queue : list_of(status_, "queues"))
      queues += (queues.empty() ? "" : ", ") + text_of(queue, "name") + " " + text_of(queue, "depth") + "/" + text_of(queue, "capacity");
    out_ += say("queues: ", "队列：") + queues + "\n";
  }

  const element& status_;
  Language language_;
  std::optional<std::size_t> width_;
  std::string out_;
};

}  // namespace

std::string status_page(const element& status, Language language, std::optional<std::size_t> width) {
  return StatusDocument(status, language, width).make();
}

}  // namespace handshaked::cli
