#include "web/live_page.h"

#include <openssl/evp.h>
#include <simdjson.h>

#include <algorithm>
#include <array>
#include <vector>

#include "parse/time_zone.h"
#include "web/html_text.h"

namespace handshaked::web {
namespace {

using simdjson::dom::element;
using telemetry::Metrics;
using telemetry::ReceiverMetrics;
using telemetry::SourceMetrics;

constexpr std::size_t kMostDeadEnds = 5;
constexpr std::size_t kMostIdeas = 3;
constexpr std::size_t kMostListed = 8;  // hosts, servers
constexpr std::size_t kMostSources = 200;

constexpr std::string_view kStyle = R"css(
:root{color-scheme:light dark;--ink:#1a1d21;--soft:#5b6470;--paper:#fff;--line:#d9dde3;--block:#f1f3f5;--critical:#b3261e;--warning:#8a5a00;--info:#0b5cad;--good:#1b6e3c}
@media (prefers-color-scheme:dark){:root{--ink:#e6e8eb;--soft:#9aa4b1;--paper:#14171a;--line:#343a42;--block:#1d2126;--critical:#ff8a80;--warning:#ffc457;--info:#7db8ff;--good:#7fd8a2}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:62rem;padding:1.2rem 1rem 4rem;background:var(--paper);color:var(--ink);font:16px/1.5 system-ui,-apple-system,"Segoe UI","Noto Sans","Noto Sans CJK SC","PingFang SC","Microsoft YaHei",sans-serif;overflow-wrap:anywhere}
header{display:flex;flex-wrap:wrap;gap:.2rem 1.5rem;align-items:baseline;justify-content:space-between}
h1{font-size:1.4rem;margin:0}h2{font-size:1.1rem;margin:0 0 .2rem}h3{font-size:1rem;margin:1rem 0 .2rem}
p{margin:.3rem 0}a{color:var(--info)}
section{border:1px solid var(--line);border-left:.35rem solid var(--soft);border-radius:.4rem;padding:.9rem 1.1rem;margin:1.2rem 0}
section.critical{border-left-color:var(--critical)}section.warning{border-left-color:var(--warning)}section.info{border-left-color:var(--info)}
.critical>h2,.bad{color:var(--critical)}.warning>h2{color:var(--warning)}.info>h2{color:var(--info)}.good{color:var(--good)}
.what{font-weight:600}.soft{color:var(--soft)}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.1rem 1rem;margin:.5rem 0}dt{color:var(--soft)}dd{margin:0}
pre{background:var(--block);border:1px solid var(--line);border-radius:.3rem;padding:.6rem .8rem;overflow-x:auto;white-space:pre;font:13px/1.45 ui-monospace,"SF Mono",Menlo,Consolas,monospace}
pre.line{white-space:pre-wrap}
table{border-collapse:collapse;width:100%;font-size:.92em}th,td{text-align:left;padding:.25rem .8rem .25rem 0;border-bottom:1px solid var(--line);vertical-align:top}
td.n,th.n{text-align:right;white-space:nowrap}
)css";

std::string text_of(const element& from, std::string_view key) {
  element found;
  if (from[key].get(found) != simdjson::SUCCESS) return {};
  std::string_view text;
  if (found.get(text) == simdjson::SUCCESS) return std::string(text);
  return found.is_null() ? std::string() : simdjson::minify(found);
}

/// What a missing member is taken for: an element that belongs to no document must not be asked anything.
const element& empty_object() {
  static simdjson::dom::parser parser;
  static const element nothing = parser.parse(std::string_view("{}")).value();
  return nothing;
}

element child_of(const element& from, std::string_view key) {
  element found;
  return from[key].get(found) == simdjson::SUCCESS ? found : empty_object();
}

bool flag_of(const element& from, std::string_view key) {
  bool flag = false;
  return from[key].get(flag) == simdjson::SUCCESS && flag;
}

std::vector<element> list_of(const element& from, std::string_view key) {
  simdjson::dom::array list;
  if (from[key].get(list) != simdjson::SUCCESS) return {};
  return {list.begin(), list.end()};
}

double number_of(const element& from, std::string_view key) {
  double number = 0;
  return from[key].get(number) == simdjson::SUCCESS ? number : 0;
}

std::uint64_t count_of(const element& from, std::string_view key) {
  std::uint64_t count = 0;
  return from[key].get(count) == simdjson::SUCCESS ? count : 0;
}

/// "2026-11-21T02:58:15.123Z" as "2026-11-21 02:58:15 UTC".
std::string moment(std::string text) {
  if (text.size() < 19) return text;
  text.resize(19);
  text[10] = ' ';
  return text + " UTC";
}

std::string size_words(std::uint64_t bytes) {
  if (bytes < 1024) return std::to_string(bytes) + " B";
  if (bytes < 1024 * 1024) return std::to_string(bytes / 1024) + " KiB";
  return std::to_string(bytes / (1024 * 1024)) + " MiB";
}

std::string length_words(std::int64_t seconds) {
  if (seconds < 120) return std::to_string(seconds) + " s";
  if (seconds < 7200) return std::to_string(seconds / 60) + " min";
  if (seconds < 48 * 3600) return std::to_string(seconds / 3600) + " h";
  return std::to_string(seconds / 86400) + " d";
}

class LivePage {
 public:
  LivePage(const Metrics& figures, Language language) : figures_(figures), is_chinese_(language == Language::zh) {}

  std::string make(std::string_view incidents_json) {
    simdjson::dom::parser parser;
    element incidents;
    const bool is_read = parser.parse(incidents_json.data(), incidents_json.size()).get(incidents) == simdjson::SUCCESS;
    head();
    readiness();
    const auto rows = is_read ? list_of(incidents, "incidents") : std::vector<element>();
    if (is_read && rows.empty()) out_ += "<p class=\"good what\">" + say("No open incidents.", "没有未恢复的事件。") + "</p>\n";
    for (const element& row : rows) incident(row);
    if (is_read) {
      const auto total = count_of(incidents, "total");
      if (total > rows.size())
        out_ += "<p class=\"soft\">" + say("Not shown: ", "未显示：") + std::to_string(total - rows.size()) +
                " (<code>handshaked incidents list</code>)</p>\n";
    }
    receivers();
    sources();
    foot();
    return std::move(out_);
  }

 private:
  std::string say(std::string_view en, std::string_view zh) const { return std::string(is_chinese_ ? zh : en); }

  void head() {
    out_ += is_chinese_ ? "<!doctype html>\n<html lang=\"zh-CN\">\n" : "<!doctype html>\n<html lang=\"en\">\n";
    out_ +=
        "<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
        "<meta name=\"robots\" content=\"noindex\">\n<meta http-equiv=\"refresh\" content=\"60\">\n<title>";
    const std::string title = say("Live incidents", "当前事件") + (figures_.host.empty() ? "" : " · " + figures_.host);
    out_ += html_text(title) + "</title>\n<style>";
    out_.append(kStyle).append("</style>\n</head>\n<body>\n<header><h1>").append(html_text(title)).append("</h1><nav>");
    out_ += is_chinese_ ? "<a href=\"/?lang=en\" lang=\"en\">English</a>" : "<a href=\"/?lang=zh\" lang=\"zh-CN\">中文</a>";
    out_ += "</nav></header>\n<main>\n";
  }

  void readiness() {
    const std::vector<std::string> reasons = telemetry::why_not_ready(figures_);
    if (reasons.empty()) return;
    out_ += "<section class=\"critical\"><h2>" + say("handshaked cannot do its work", "handshaked 无法正常工作") + "</h2><ul>";
    for (const std::string& reason : reasons) out_ += "<li>" + html_text(reason) + "</li>";
    out_ += "</ul></section>\n";
  }

  void fact(const std::string& label, const std::string& value, std::string_view more = {}) {
    if (!value.empty()) out_ += "<dt>" + label + "</dt><dd>" + html_text(value) + std::string(more) + "</dd>\n";
  }

  void incident(const element& data) {
    const element about = child_of(data, "incident");
    const element place = child_of(data, "place");
    const element diagnosis = child_of(data, "diagnosis");
    const std::string severity = text_of(about, "severity");
    const bool is_known = severity == "critical" || severity == "warning" || severity == "info";
    out_ += "<section class=\"" + (is_known ? severity : "") + "\" id=\"" + html_text(text_of(about, "id")) + "\">\n<h2>" +
            html_text(severity_word(severity)) + " · " + html_text(place_words(place)) + "</h2>\n";
    out_ += "<p class=\"what\">" + html_text(text_of(child_of(data, "rule"), "title")) + "</p>\n<dl>\n";
    fact(say("Since", "开始"), moment(text_of(about, "opened_at")));
    fact(say("Last line", "最近日志"), moment(text_of(about, "last_seen_at")));
    fact(say("Lines", "行数"), text_of(about, "count"));
    fact(say("State", "状态"), state_words(about));
    fact(say("Verified name", "校验名称"), text_of(place, "name"));
    fact(say("Directive", "指令"), directive_words(place));
    fact(say("Servers", "服务器"), joined(list_of(about, "servers")));
    fact(say("Hosts", "主机"), joined(list_of(about, "hosts")));
    const auto clients = count_of(child_of(about, "clients"), "distinct");
    if (clients > 0) fact(say("Clients", "客户端"), std::to_string(clients));
    fact(say("Cause", "原因"), text_of(diagnosis, "cause"), confidence(diagnosis));
    fact(say("Rule", "规则"), text_of(child_of(data, "rule"), "id"));
    fact(say("Incident", "事件"), text_of(about, "id"));
    out_ += "</dl>\n";
    if (const std::string summary = text_of(diagnosis, "summary"); !summary.empty()) out_ += "<p>" + html_text(summary) + "</p>\n";
    sample_line(about);
    fixes(data);
    dead_ends(data);
    out_ += "</section>\n";
  }

  std::string severity_word(const std::string& severity) const {
    if (!is_chinese_) return severity;
    return severity == "critical" ? "严重" : severity == "warning" ? "警告" : severity == "info" ? "提示" : severity;
  }

  std::string confidence(const element& diagnosis) const {
    const int percent = static_cast<int>(std::clamp(number_of(diagnosis, "confidence"), 0.0, 1.0) * 100 + 0.5);
    return " <span class=\"soft\">(" + std::to_string(percent) + " %)</span>";
  }

  static std::string place_words(const element& place) {
    for (const char* const key : {"peer", "server", "file"}) {
      if (std::string value = text_of(place, key); !value.empty()) return value;
    }
    return "nginx";
  }

  static std::string directive_words(const element& place) {
    const std::string directive = text_of(place, "directive");
    if (directive.empty()) return {};
    const std::string line = text_of(place, "line");
    return directive + "  " + text_of(place, "file") + (line.empty() ? "" : ":" + line);
  }

  std::string state_words(const element& about) const {
    std::string words = say("open", "未恢复");
    if (flag_of(about, "flapping")) words += say(", comes and goes", "，时有时无");
    if (!list_of(about, "silenced_by").empty()) words += say(", silenced", "，已静默");
    if (flag_of(about, "late")) words += say(", written while handshaked was down", "，handshaked 停止期间写入");
    if (!text_of(about, "fix_verified_at").empty()) words += say(", passes again", "，已重新通过");
    return words;
  }

  static std::string joined(const std::vector<element>& list) {
    std::string out;
    std::size_t count = 0;
    for (const element& one : list) {
      std::string_view text;
      if (one.get(text) != simdjson::SUCCESS) continue;
      if (++count > kMostListed) break;
      out.append(out.empty() ? "" : ", ").append(text);
    }
    return list.size() > kMostListed ? out + " … (" + std::to_string(list.size()) + ")" : out;
  }

  void sample_line(const element& about) {
    for (const element& line : list_of(about, "sample_lines")) {
      std::string_view text;
      if (line.get(text) == simdjson::SUCCESS) out_ += "<pre class=\"line\">" + html_text(text) + "</pre>\n";
      return;
    }
  }

  static std::string proof_of(const element& advice) { return text_of(child_of(advice, "proof"), "status"); }

  /// The first that is proved, whole; without one, what may be tried.
  void fixes(const element& data) {
    for (const element& fix : list_of(data, "fixes")) {
      if (proof_of(fix) != "proved") continue;
      out_ += "<h3 class=\"good\">" + say("Fix (proved): ", "修复（已验证）：") + html_text(text_of(fix, "title")) + "</h3>\n";
      paragraph(text_of(fix, "how"));
      paragraph(text_of(child_of(fix, "proof"), "detail"), "soft");
      if (const std::string patch = text_of(fix, "patch"); !patch.empty()) out_ += "<pre>" + html_patch(patch) + "</pre>\n";
      std::string commands;
      for (const element& command : list_of(fix, "commands")) {
        std::string_view text;
        if (command.get(text) == simdjson::SUCCESS) commands += html_text(text) + "\n";
      }
      if (!commands.empty()) out_ += "<pre>" + commands + "</pre>\n";
      paragraph(text_of(fix, "message"));
      return;
    }
    std::string ideas;
    std::size_t count = 0;
    for (const element& fix : list_of(data, "fixes")) {
      if (++count > kMostIdeas) break;
      ideas += "<li>" + html_text(text_of(fix, "title")) + " <span class=\"soft\">[" + html_text(proof_of(fix)) + "]</span></li>";
    }
    if (!ideas.empty())
      out_ += "<h3>" + say("No fix is proved; worth a look", "尚无已验证的修复；可以考虑") + "</h3>\n<ol>" + ideas + "</ol>\n";
  }

  void dead_ends(const element& data) {
    std::string items;
    std::size_t count = 0;
    for (const element& dead_end : list_of(data, "dead_ends")) {
      if (++count > kMostDeadEnds) break;
      items += "<li><strong>" + html_text(text_of(dead_end, "action")) + "</strong>: " + html_text(text_of(dead_end, "why_fails"));
      if (flag_of(dead_end, "unsafe")) items += " <span class=\"bad\">" + say("(unsafe)", "（不安全）") + "</span>";
      items += " <span class=\"soft\">[" + html_text(proof_of(dead_end)) + "]</span></li>\n";
    }
    if (!items.empty()) out_ += "<h3>" + say("What not to try", "不要尝试") + "</h3>\n<ul>" + items + "</ul>\n";
  }

  void paragraph(const std::string& text, std::string_view css_class = {}) {
    if (text.empty()) return;
    out_ += css_class.empty() ? "<p>" : "<p class=\"" + std::string(css_class) + "\">";
    out_ += html_text(text) + "</p>\n";
  }

  void receivers() {
    out_ += "<h2>" + say("Receivers", "接收方") + "</h2>\n<table><thead><tr><th>" + say("Name", "名称") + "</th><th>" +
            say("State", "状态") + "</th><th class=\"n\">" + say("Waiting", "等待") + "</th><th class=\"n\">" + say("Delivered", "已送达") +
            "</th><th class=\"n\">" + say("Dead", "死信") + "</th><th>" + say("Last failure", "最近失败") + "</th></tr></thead><tbody>\n";
    for (const ReceiverMetrics& receiver : figures_.receivers) {
      const bool is_up = !receiver.is_disabled && receiver.circuit == "closed";
      const std::string state = receiver.is_disabled ? say("disabled", "已停用") : is_up ? say("up", "正常") : say("down", "故障");
      out_ += "<tr><td>" + html_text(receiver.name) + "</td><td class=\"" + (is_up ? "good" : "bad") + "\">" + state +
              "</td><td class=\"n\">" + std::to_string(receiver.waiting) + "</td><td class=\"n\">" + std::to_string(receiver.delivered) +
              "</td><td class=\"n\">" + std::to_string(receiver.dead_letters) + "</td><td>" + html_text(receiver.last_failure) +
              "</td></tr>\n";
    }
    out_ += "</tbody></table>\n";
  }

  std::string state_word(SourceMetrics::State state) const {
    switch (state) {
      case SourceMetrics::State::starting: return say("starting", "启动中");
      case SourceMetrics::State::open: return say("read", "读取中");
      case SourceMetrics::State::waiting: return say("not there yet", "尚不存在");
      case SourceMetrics::State::unreadable: return say("cannot be read", "无法读取");
    }
    return {};
  }

  void sources() {
    out_ += "<h2>" + say("Sources", "来源") + "</h2>\n<table><thead><tr><th>" + say("Name", "名称") + "</th><th>" + say("State", "状态") +
            "</th><th class=\"n\">" + say("Unread", "未读") + "</th><th class=\"n\">" + say("Last line", "最近一行") +
            "</th></tr></thead><tbody>\n";
    std::size_t count = 0;
    for (const SourceMetrics& source : figures_.sources) {
      if (++count > kMostSources) break;
      const std::string_view look = source.state == SourceMetrics::State::unreadable ? "bad"
                                    : source.state == SourceMetrics::State::open     ? "good"
                                                                                     : "soft";
      std::string last = "–";
      if (source.last_line_at) {
        const auto seconds = (figures_.now - *source.last_line_at) / std::chrono::seconds(1);
        last = length_words(std::max<std::int64_t>(0, seconds));
        last = is_chinese_ ? last + "前" : last + " ago";
      }
      const std::string lag = source.lag_bytes ? size_words(*source.lag_bytes) : "–";
      out_ += "<tr><td>" + html_text(source.name) + " <span class=\"soft\">" + html_text(source.kind) + "</span></td><td class=\"" +
              std::string(look) + "\">" + state_word(source.state) + "</td><td class=\"n\">" + lag + "</td><td class=\"n\">" + last +
              "</td></tr>\n";
    }
    out_ += "</tbody></table>\n";
  }

  void foot() {
    const auto up = (figures_.now - figures_.started_at) / std::chrono::seconds(1);
    out_ += "</main>\n<footer class=\"soft\"><p>handshaked " + html_text(figures_.version) + " · " + say("up for ", "已运行 ") +
            length_words(up) + " · " + std::to_string(figures_.rules_loaded) + say(" rules · ", " 条规则 · ") +
            html_text(moment(parse::format_rfc3339(figures_.now))) + "</p></footer>\n</body>\n</html>\n";
  }

  const Metrics& figures_;
  const bool is_chinese_;
  std::string out_;
};

}  // namespace

std::string live_page(const Metrics& figures, std::string_view incidents, Language language) {
  return LivePage(figures, language).make(incidents);
}

const std::string& live_page_policy() {
  static const std::string policy = [] {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned int size = 0;
    EVP_Digest(kStyle.data(), kStyle.size(), digest.data(), &size, EVP_sha256(), nullptr);
    std::array<unsigned char, 2 * EVP_MAX_MD_SIZE> text{};
    const int length = EVP_EncodeBlock(text.data(), digest.data(), static_cast<int>(size));
    return "default-src 'none'; style-src 'sha256-" +
           std::string(reinterpret_cast<const char*>(text.data()), static_cast<std::size_t>(length)) +
           "'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
  }();
  return policy;
}

}  // namespace handshaked::web
