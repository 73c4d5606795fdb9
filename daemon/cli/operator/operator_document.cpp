#include "cli/operator/operator_document.h"

#include <simdjson.h>

#include <vector>

#include "base/text/rate_text.h"
#include "base/text/visible_text.h"
#include "cli/document/text_layout.h"
#include "cli/document/words.h"
#include "cli/operator/daemon_answer.h"

namespace handshaked::cli {
namespace {

using simdjson::dom::element;

class OperatorDocument {
 public:
  /// `width`: of the terminal, if there is one.
  OperatorDocument(Language language, std::optional<std::size_t> width) : language_(language), width_(width) {}

  std::string incidents(const element& result) const {
    const auto rows = list_of(result, "incidents");
    if (rows.empty()) return say("no incidents\n", "没有事件\n");
    // A narrow terminal needs its room for what and where; how often in all, and when last, are told by wider ones and by JSON.
    constexpr std::size_t kBelow = 5, kLeftOut = 2, kWide = 130;
    const bool is_narrow = width_ && *width_ < kWide;
    const auto fitting = [is_narrow](std::vector<std::string> cells) {
      if (is_narrow) cells.erase(cells.begin() + kBelow, cells.begin() + kBelow + kLeftOut);
      return cells;
    };
    TextTable table(fitting({say("ID", "编号"), say("SEVERITY", "级别"), say("STATUS", "状态"), say("SINCE (UTC)", "起始 (UTC)"),
                             say("LINES/MIN", "行/分钟"), say("LINES", "行数"), say("LAST SEEN (UTC)", "最近出现 (UTC)"),
                             say("WHAT", "故障"), say("CAUSE", "原因")}));
    for (const element& row : rows) {
      std::string status = text_of(row, "status");
      if (flag_of(row, "flapping")) status += ",flapping";
      if (!list_of(row, "silenced_by").empty()) status += ",silenced";
      if (flag_of(row, "noise")) status += ",noise";
      if (flag_of(row, "quiet_still_failing")) status += ",quiet,failing";
      table.add(fitting({text_of(row, "id"), severity(row), status, minute(row, "opened_at"), rate_text(real_of(row, "rate_per_minute")),
                         text_of(row, "count"), minute(row, "last_seen_at"), title(row),
                         text_of(row, "cause") + (flag_of(row, "diagnosed") ? "" : "?")}));
    }
    std::string out = table.text_within(width_, kBelow);
    const std::uint64_t total = number_of(result, "total");
    if (total > rows.size()) out += say("and more: ", "其余：") + std::to_string(total - rows.size()) + " (--limit)\n";
    return out;
  }

  std::string title(const element& row) const {
    const std::string text = text_of(row, language_ == Language::zh ? "title_zh" : "title");
    return text.empty() ? place(row) : text;
  }

  std::string incident(const element& result) const {
    const element incident = result["incident"];
    const element diagnosis = result["diagnosis"];
    std::string out = text_of(incident, "id") + "  " + text_of(incident, "severity") + "  " + text_of(incident, "status") +
                      (flag_of(incident, "flapping") ? "  flapping" : "") + "\n" + text_of(incident, "title") + "\n\n";
    const auto fact = [&out](const std::string& name, const std::string& value) {
      if (!value.empty()) out += name + ": " + value + "\n";
    };
    fact(say("rule", "规则"), text_of(result["rule"], "id"));
    fact(say("place", "位置"), place(result["place"]));
    const std::string line = text_of(result["place"], "line");
    if (!text_of(result["place"], "directive").empty())
      fact(say("directive", "指令"),
           text_of(result["place"], "directive") + " " + text_of(result["place"], "file") + (line.empty() ? "" : ":" + line));
    fact(say("cause", "原因"), text_of(diagnosis, "cause") + " (" + text_of(diagnosis, "confidence") + ")");
    fact(say("meaning", "说明"), text_of(diagnosis, "summary"));
    fact(say("lines", "行数"), text_of(incident, "count"));
    fact(say("clients", "客户端"), text_of(incident["clients"], "distinct"));
    fact(say("hosts", "主机"), joined(incident, "hosts"));
    fleet(result, fact);
    fact(say("servers", "服务器"), joined(incident, "servers"));
    fact(say("opened", "开始"), moment(incident, "opened_at"));
    fact(say("last seen", "最近出现"), moment(incident, "last_seen_at"));
    element will_break;
    if (incident["will_break"].get(will_break) == simdjson::SUCCESS) fact(say("fails from", "失效时间"), moment(will_break, "at"));
    fact(say("resolved", "恢复"), moment(incident, "resolved_at"));
    fact(say("resolved by", "恢复依据"), resolved_by(incident));
    if (flag_of(incident, "quiet_still_failing"))
      fact(say("quiet", "安静"), say("no new line, still failing: the last probe failed at ", "无新日志行，探测仍失败：最近一次失败于 ") +
                                     moment(incident, "probe_failed_at"));
    fact(say("seen good since", "验证通过于"), moment(incident, "fix_verified_at"));
    fact(say("joined to", "并入"), text_of(incident, "parent_id"));
    fact(say("silenced by", "静默"), joined(incident, "silenced_by"));
    for (const element& told : list_of(result, "told"))
      fact(say("notified", "已通知"), text_of(told, "receiver") + ", " + moment(told, "at"));
    for (const element& note : list_of(result, "notes"))
      fact(say("note", "备注"), moment(note, "at") + " " + text_of(note, "author") + ": " + text_of(note, "text"));
    for (const element& sample : list_of(incident, "sample_lines")) {
      std::string_view text;
      if (sample.get(text) == simdjson::SUCCESS) fact(say("line", "日志"), visible_text(text));
    }
    out += "\n";
    return out + advice(result);
  }

  /// On a central daemon: where it is since when, and what tells those hosts from the others.
  template <class Fact>
  void fleet(const element& result, const Fact& fact) const {
    element fleet;
    if (result["fleet"].get(fleet) != simdjson::SUCCESS) return;
    fact(say("fleet", "主机群"), text_of(fleet, "summary"));
    for (const element& host : list_of(fleet, "hosts")) {
      const std::string until = moment(host, "until");
      fact(say("on", "主机"), text_of(host, "host") + say(" since ", "，自 ") + moment(host, "since") +
                                  (until.empty() ? std::string() : say(" until ", " 至 ") + until) +
                                  (text_of(host, "cause").empty() ? std::string() : ", " + text_of(host, "cause")));
    }
    for (const element& difference : list_of(fleet, "differences")) fact(say("differs", "差异"), text_of(difference, "text"));
  }

  /// How it is known, what cures it, and what does not.
  std::string advice(const element& result) const {
    std::string out;
    const auto block = [&out](const std::string& label, const element& text) {
      std::string_view lines;
      if (text.get(lines) == simdjson::SUCCESS && !lines.empty()) out += indented(label + std::string(lines));
    };
    const auto member_block = [&block](const std::string& label, const element& of, std::string_view key) {
      element text;
      if (of[key].get(text) == simdjson::SUCCESS) block(label, text);
    };
    for (const element& evidence : list_of(result["diagnosis"], "evidence")) out += "- " + text_of(evidence, "text") + "\n";
    if (!out.empty()) out += "\n";
    for (const element& fix : list_of(result, "fixes")) {
      out += text_of(fix, "rank") + ". " + text_of(fix, "title") + " [" + proof_word(text_of(fix["proof"], "status")) + "]" +
             (flag_of(fix, "unsafe") ? say(" UNSAFE", " 不安全") : "") + "\n";
      member_block(say("by: ", "执行者："), fix, "owner");
      member_block("", fix, "how");
      member_block(say("proof: ", "证明："), fix["proof"], "detail");
      for (const element& command : list_of(fix, "commands")) block("$ ", command);
      member_block(say("send: ", "发送："), fix, "message");
      member_block("", fix, "patch");
    }
    const auto dead_ends = list_of(result, "dead_ends");
    if (!dead_ends.empty()) out += say("\nDo not try:\n", "\n不要尝试：\n");
    for (const element& dead_end : dead_ends)
      out += "- " + text_of(dead_end, "action") + (flag_of(dead_end, "unsafe") ? say(" [unsafe]", "【不安全】") : "") +
             (text_of(dead_end["proof"], "status") == "proved" ? " [" + text_of(dead_end["proof"], "detail") + "]" : "") + ": " +
             text_of(dead_end, "why_fails") + "\n";
    return out;
  }

  std::string silences(const element& result) const {
    const auto rows = list_of(result, "silences");
    const auto windows = list_of(result, "maintenance");
    std::string out = rows.empty() ? say("no silences\n", "没有静默\n") : std::string();
    if (!rows.empty()) {
      TextTable table({say("ID", "编号"), say("STATE", "状态"), say("ENDS", "结束"), say("BY", "创建者"), say("MATCHERS", "条件"),
                       say("COMMENT", "备注")});
      for (const element& row : rows)
        table.add({text_of(row, "id"), flag_of(row, "active") ? say("active", "生效") : say("inactive", "未生效"), moment(row, "ends_at"),
                   text_of(row, "created_by"), joined(row, "matchers"), text_of(row, "comment")});
      out += table.text_within(width_, 4);
    }
    for (const element& window : windows)
      out += say("maintenance ", "维护窗口 ") + text_of(window, "name") + ": " +
             (flag_of(window, "active") ? say("now, until ", "进行中，至 ") : say("next change ", "下次变化 ")) +
             moment(window, "changes_at") + "\n";
    return out;
  }

  std::string deliveries(const element& result) const {
    const auto rows = list_of(result, "deliveries");
    if (rows.empty()) return say("no deliveries\n", "没有投递\n");
    TextTable table({say("ID", "编号"), say("RECEIVER", "接收方"), say("STATUS", "状态"), say("TRIES", "失败次数"), say("CREATED", "创建"),
                     say("EVENT", "事件"), say("LAST ERROR", "最近错误")});
    for (const element& row : rows)
      table.add({text_of(row, "id"), text_of(row, "receiver"), text_of(row, "status"), text_of(row, "attempts"), moment(row, "created_at"),
                 text_of(row, "event_id"), text_of(row, "last_error")});
    return table.text_within(width_, 5);
  }

  std::string delivery(const element& result) const {
    std::string out;
    for (const char* const key : {"id", "receiver", "status", "event_id", "event_type", "incident_id", "created_at", "not_before",
                                  "attempts", "last_error", "finished_at", "body"}) {
      if (const std::string value = text_of(result, key); !value.empty()) out += std::string(key) + ": " + value + "\n";
    }
    return out;
  }

  std::string say(std::string_view en, std::string_view zh) const { return std::string(cli::say(language_, en, zh)); }

 private:
  std::string resolved_by(const element& incident) const {
    std::string by = text_of(incident, "resolved_by");
    bool is_seen_good = true;
    if (by != "quiet" || incident["seen_good"].get(is_seen_good) != simdjson::SUCCESS || is_seen_good) return by;
    return by + say(": no lines for a long time; nothing was tried", "：长时间无新日志行；未做任何验证");
  }
  /// A patch as it can be copied, but for the blanks before it.
  static std::string indented(std::string_view text) {
    std::string out;
    while (!text.empty()) {
      const std::size_t end = std::min(text.find('\n'), text.size());
      out += "   " + visible_text(text.substr(0, end)) + "\n";
      text.remove_prefix(std::min(end + 1, text.size()));
    }
    return out;
  }
  std::string proof_word(const std::string& status) const {
    if (status == "proved") return say("proved", "已验证");
    if (status == "refuted") return say("tried: does not help", "已试：无效");
    return say("not tested", "未验证");
  }

  static std::string place(const element& row) {
    for (const char* const key : {"peer", "server", "file"}) {
      if (std::string value = text_of(row, key); !value.empty()) return value;
    }
    return "-";
  }

  /// The mark before the word, for those who see no colours and for those who see nothing else.
  static std::string severity(const element& row) {
    const std::string word = text_of(row, "severity");
    const auto severity = word == "critical"  ? match::Severity::critical
                          : word == "warning" ? match::Severity::warning
                                              : match::Severity::info;
    return std::string(severity_mark(severity)) + " " + word;
  }
  /// "2026-11-21 02:58": seconds are for the details.
  static std::string minute(const element& row, std::string_view key) { return cli::moment(row, key).substr(0, 16); }

  Language language_;
  std::optional<std::size_t> width_;
};

std::string page_of(std::string_view verb, const element& root, Language language, std::optional<std::size_t> width) {
  const OperatorDocument page(language, width);
  if (verb == "status") return status_page(root, language, width);
  if (verb == "incidents.list") return page.incidents(root);
  if (verb == "incidents.show") return page.incident(root);
  if (verb == "silence.list") return page.silences(root);
  if (verb == "deliveries.list") return page.deliveries(root);
  if (verb == "deliveries.show") return page.delivery(root);
  if (verb == "silence.add") return text_of(root, "id") + "\n";
  if (verb == "deliveries.retry" || verb == "deliveries.discard")
    return text_of(root, "changed") + page.say(" deliveries changed\n", " 个投递已更改\n");
  return page.say("done\n", "完成\n");
}

}  // namespace

std::string operator_page(std::string_view verb, const std::string& result, Language language, std::optional<std::size_t> width) {
  simdjson::dom::parser parser;
  element root;
  if (parser.parse(result).get(root) != simdjson::SUCCESS) return result + "\n";
  try {
    return page_of(verb, root, language, width);
  } catch (const simdjson::simdjson_error&) {  // a member that every page has is missing
    return result + "\n";
  }
}

}  // namespace handshaked::cli
