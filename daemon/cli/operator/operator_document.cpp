#include "cli/operator/operator_document.h"

#include <simdjson.h>

#include <vector>

#include "base/text/rate_text.h"
#include "base/text/visible_text.h"
#include "cli/document/text_layout.h"
#include "cli/document/words.h"
#include "cli/operator/daemon_answer.h"
#include "correlate/incident_title.h"
#include "correlate/severity.h"

namespace handshaked::cli {
namespace {

using simdjson::dom::element;

class OperatorDocument {
 public:
  /// `width`: of the terminal, if there is one.
  OperatorDocument(Language language, std::optional<std::size_t> width, std::string_view command_options)
      : language_(language), width_(width), command_options_(command_options) {}

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
      const bool is_sure = flag_of(row, "diagnosed") && (row["confidence"].error() || real_of(row, "confidence") >= correlate::kSure);
      const std::string cause = text_of(row, "cause");
      table.add(
          fitting({text_of(row, "id"), severity(row), status(row), minute(row, "opened_at"), rate_text(real_of(row, "rate_per_minute")),
                   text_of(row, "count"), minute(row, "last_seen_at"), title(row), cause + (is_sure || cause.empty() ? "" : "?")}));
    }
    std::string out = table.text_within(width_, kBelow);
    const std::uint64_t total = number_of(result, "total");
    if (total > rows.size()) out += say("and more: ", "其余：") + std::to_string(total - rows.size()) + " (--limit)\n";
    if (width_)
      out += "\n" + say("The first of them in full:", "查看第一个的详情：") + " handshaked incidents show " + first_id(rows) + options() +
             "\n";
    return out;
  }

  std::string status(const element& row) const {
    const std::string word = text_of(row, "status");
    std::string status = word == "open" ? say("open", "未恢复") : word == "resolved" ? say("resolved", "已恢复") : word;
    const auto add = [&](bool holds, std::string_view en, std::string_view zh) {
      if (holds) status += say(",", "，") + say(en, zh);
    };
    add(flag_of(row, "flapping"), "flapping", "时有时无");
    add(!list_of(row, "silenced_by").empty(), "silenced", "已静默");
    add(flag_of(row, "noise"), "noise", "噪声");
    add(flag_of(row, "quiet_still_failing"), "quiet,failing", "安静但仍失败");
    return status;
  }

  std::string title(const element& row) const {
    const std::string text = text_of(row, language_ == Language::zh ? "title_zh" : "title");
    return text.empty() ? place(row) : text;
  }

  std::string incident(const element& result) const {
    const element incident = result["incident"];
    const element diagnosis = result["diagnosis"];
    std::string out =
        text_of(incident, "id") + "  " + severity(incident) + "  " + status(incident) + "\n" + text_of(incident, "title") + "\n\n";
    const auto fact = [&out](const std::string& name, const std::string& value) {
      if (!value.empty()) out += name + ": " + value + "\n";
    };
    fact(say("rule", "规则"), text_of(result["rule"], "id"));
    fact(say("place", "位置"), place(result["place"]));
    const std::string line = text_of(result["place"], "line");
    if (!text_of(result["place"], "directive").empty())
      fact(say("directive", "指令"),
           text_of(result["place"], "directive") + " " + text_of(result["place"], "file") + (line.empty() ? "" : ":" + line));
    cause(diagnosis, fact);
    fact(say("to type where nginx runs", "在运行 nginx 的主机上执行"), text_of(result, "command"));
    const bool is_open = text_of(incident, "status") == "open";
    fact(say("lines", "行数"),
         text_of(incident, "count") +
             (is_open ? say(", now ", "，当前 ") + rate_text(real_of(incident, "rate_per_minute")) + say(" lines/min", " 行/分钟")
                      : std::string()));
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

  /// A diagnosis that is sure is told like a fact; all else as what it is.
  template <class Fact>
  void cause(const element& diagnosis, const Fact& fact) const {
    const double confidence = real_of(diagnosis, "confidence");
    if (text_of(diagnosis, "basis") != "line") {
      const bool is_sure = confidence >= correlate::kSure;
      fact(is_sure ? say("cause", "原因") : say("perhaps", "可能的原因"),
           text_of(diagnosis, "cause") + " (" + say("", "把握 ") + percent(confidence) + say(" sure)", ")"));
      fact(is_sure ? say("meaning", "说明") : say("that would mean", "若如此"), text_of(diagnosis, "summary"));
      return;
    }
    for (const element& candidate : list_of(diagnosis, "candidates")) {
      fact(say("candidate, from the log line alone", "候选原因（仅凭日志行）"),
           text_of(candidate, "cause") + " (" + percent(real_of(candidate, "likelihood")) + ")");
      fact(say("  how to tell", "  如何区分"), text_of(candidate, "tell_apart"));
    }
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
  std::string severity(const element& row) const {
    const std::string word = text_of(row, "severity");
    const match::Severity severity = correlate::severity_named(word);
    return std::string(correlate::severity_mark(severity)) + " " + say(word, severity_word(Language::zh, severity));
  }
  static std::string first_id(const std::vector<element>& rows) { return text_of(rows.front(), "id"); }
  std::string options() const { return command_options_.empty() ? command_options_ : " " + command_options_; }
  /// "2026-11-21 02:58": seconds are for the details.
  static std::string minute(const element& row, std::string_view key) { return cli::moment(row, key).substr(0, 16); }

  Language language_;
  std::optional<std::size_t> width_;
  std::string command_options_;
};

std::string page_of(std::string_view verb, const element& root, Language language, std::optional<std::size_t> width,
                    std::string_view command_options) {
  const OperatorDocument page(language, width, command_options);
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

std::string operator_page(std::string_view verb, const std::string& result, Language language, std::optional<std::size_t> width,
                          std::string_view command_options) {
  simdjson::dom::parser parser;
  element root;
  if (parser.parse(result).get(root) != simdjson::SUCCESS) return result + "\n";
  try {
    return page_of(verb, root, language, width, command_options);
  } catch (const simdjson::simdjson_error&) {  // a member that every page has is missing
    return result + "\n";
  }
}

}  // namespace handshaked::cli
