#include "format/message.h"

#include <cmath>
#include <cstdio>
#include <string_view>

#include "base/text/words.h"
#include "format/clean_text.h"

namespace handshaked::format {
namespace {

constexpr std::size_t kDeadEndsShown = 4;
constexpr std::size_t kItemsShown = 60;
constexpr std::size_t kCandidatesShown = 3;
constexpr std::size_t kLongestExplanation = 400;

Tone tone_of(const Notification& notification) {
  if (notification.is_resolved()) return Tone::resolved;
  if (notification.severity == "critical") return Tone::critical;
  return notification.severity == "warning" ? Tone::warning : Tone::info;
}

/// "2026-11-21T07:04:22.123456Z" is for programs; people need no fractions.
std::string readable_time(std::string_view time) {
  std::string text = plain_text(time);
  const auto dot = text.find('.');
  if (dot != std::string::npos) {
    const auto rest = text.find_first_not_of("0123456789", dot + 1);
    text.erase(dot, (rest == std::string::npos ? text.size() : rest) - dot);
  }
  if (text.size() > 10 && text[10] == 'T') text[10] = ' ';
  if (text.ends_with('Z')) text.replace(text.size() - 1, 1, " UTC");
  return text;
}

std::string joined(const std::vector<std::string>& texts, std::size_t shown) {
  std::string line;
  for (std::size_t index = 0; index < texts.size() && index < shown; ++index) line += (index == 0 ? "" : ", ") + plain_text(texts[index]);
  if (texts.size() > shown) line += ", … (" + std::to_string(texts.size()) + ")";
  return line;
}

std::string owner_of(std::string_view owner, const Words& words) {
  if (owner == "upstream") return words("whoever runs the upstream", "上游负责人");
  if (owner == "client") return words("whoever runs the client", "客户端负责人");
  if (owner == "ca") return words("the CA", "CA");
  if (owner == "network") return words("whoever runs the network", "网络负责人");
  return plain_text(owner);
}

void add_fact(Message& message, const char* label, std::string value, bool is_code) {
  if (!value.empty()) message.facts.push_back({label, std::move(value), is_code});
}

std::string place_of(const Notification& notification) {
  if (notification.file.empty()) return {};
  return plain_text(notification.file) + (notification.line > 0 ? ":" + std::to_string(notification.line) : "");
}

std::string percent(double share) {
  if (!std::isfinite(share)) return "?";
  return std::to_string(std::lround(std::min(1.0, std::max(0.0, share)) * 100)) + " %";
}

/// "42 failures since 2026-11-21 09:00:00 UTC, 8.4 a minute, from 17 clients, on 3 hosts".
std::string impact_of(const Notification& notification, const Words& words) {
  if (notification.count <= 0) return {};
  std::string text = std::to_string(notification.count) + words(notification.count == 1 ? " failure" : " failures", " 次失败");
  const auto add = [&](const std::string& part) { text += words(", ", "，") + part; };
  if (!notification.opened_at.empty()) text += std::string(words(" since ", "，始于 ")) + readable_time(notification.opened_at);
  if (notification.is_resolved() && !notification.last_seen_at.empty())
    add(std::string(words("the last at ", "最近一次 ")) + readable_time(notification.last_seen_at));
  if (!notification.is_resolved() && notification.rate_per_minute >= 0.1) {
    char rate[32];
    std::snprintf(rate, sizeof rate, "%.3g", notification.rate_per_minute);
    add(std::string(words("", "每分钟 ")) + rate + words(" a minute", " 次"));
  }
  if (notification.distinct_clients > 0)
    add(words("from ", "来自 ") + std::to_string(notification.distinct_clients) +
        words(notification.distinct_clients == 1 ? " client" : " clients", " 个客户端"));
  if (notification.hosts.size() == 1) add(words("on ", "主机 ") + plain_text(notification.hosts.front()));
  if (notification.hosts.size() > 1) add(words("on ", "涉及 ") + std::to_string(notification.hosts.size()) + words(" hosts", " 台主机"));
  if (notification.is_flapping) text += words(" (it comes and goes)", "（时好时坏）");
  return text;
}

/// What a line alone leaves open: "Candidates from the log line alone: a (70 %), b (20 %)".
std::string candidates_of(const Notification& notification, const Words& words) {
  std::string text;
  for (std::size_t index = 0; index < notification.candidates.size() && index < kCandidatesShown; ++index) {
    const NotifiedCandidate& candidate = notification.candidates[index];
    text += (index == 0 ? "" : words(", ", "、")) + plain_text(candidate.cause) + " (" + percent(candidate.likelihood) + ")";
  }
  return text.empty() ? text
                      : words("Not looked into yet. Candidates from the log line alone: ", "尚未诊断。仅凭日志行的候选原因：") + text;
}

std::string explanation_of(const Notification& notification, const Words& words) {
  const std::string summary = shortened(plain_text(notification.diagnosis_summary), kLongestExplanation, Measure::utf16_units);
  if (notification.is_resolved()) {
    std::string text = words("It is over", "已恢复");
    if (!notification.resolved_at.empty()) text += words(" since ", "，时间 ") + readable_time(notification.resolved_at);
    const std::string& by = notification.resolved_by;
    const char* const how = by == "quiet" && !notification.is_seen_good
                                ? words("no failure for a long while; nothing was tried", "较长时间没有新的失败；未做任何验证")
                            : by == "quiet"    ? words("no failure for a long while", "较长时间没有新的失败")
                            : by == "probes"   ? words("every peer passes again", "所有对端均已通过探测")
                            : by == "operator" ? words("an operator closed it", "由值班人员关闭")
                            : by == "replaced" ? words("it was replaced", "已更换")
                            : by == "settled"  ? words("the peer has not changed since", "对端此后未再变化")
                            : by == "usual"    ? words("back to its usual amount", "已回到平常水平")
                                               : "";
    return text + (*how == 0 ? "" : std::string(words(": ", "：")) + how) + words(".", "。");
  }
  if (notification.is_from_line_alone) return candidates_of(notification, words);
  return summary;
}

std::string cause_words(const Notification& notification, const Words& words) {
  if (notification.is_from_line_alone || !notification.confidence) return {};
  return std::string(words("sure to ", "把握 ")) + percent(*notification.confidence);
}

void add_facts(Message& message, const Notification& notification, const Words& words) {
  add_fact(message, words("Incident", "事件"), plain_text(notification.incident_id), true);
  add_fact(message, words("Cause", "原因"), plain_text(notification.cause), true);
  add_fact(message, words("Confidence", "置信度"), cause_words(notification, words), false);
  add_fact(message, words("Place", "位置"), place_of(notification), true);
  add_fact(message, words("Directive", "指令"), plain_text(notification.directive), true);
  add_fact(message, words("Upstream", "上游"), plain_text(notification.peer), true);
  add_fact(message, words("Name", "名称"), plain_text(notification.name), true);
  add_fact(message, words("Server", "服务器"),
           joined(notification.servers.empty() ? std::vector<std::string>{notification.server} : notification.servers, 8), true);
  add_fact(message, words("Hosts", "主机"), joined(notification.hosts, 8), true);
  if (notification.is_quiet_failing)
    add_fact(message, words("Quiet", "安静"), words("no new line, and probes still fail", "无新日志行，但探测仍失败"), false);
}

void add_fix(Message& message, const Notification& notification, const Words& words) {
  const NotifiedFix* const fix = notification.best_fix();
  if (!notification.incident_id.empty() && notification.kind != "digest")
    message.command = (notification.rule_id.starts_with("handshaked/") ? "handshaked incidents show " : "handshaked fix show ") +
                      plain_text(notification.incident_id);
  if (fix == nullptr) return;
  const bool is_proved = fix->proof == ProofStatus::proved;
  message.fix_label = is_proved ? words("Proved fix", "已验证的修复") : words("Likely fix (untested)", "可能的修复（未验证）");
  message.fix_title = plain_text(fix->title);
  if (fix->how != fix->title) message.fix_text = plain_text(fix->how, true);
  message.patch = copyable_text(fix->patch);
  for (const std::string& command : fix->commands) message.commands += copyable_text(command) + "\n";
  if (fix->owner.empty() || fix->owner == "proxy" || fix->message.empty()) return;
  message.words_label = std::string(words("Words to send to ", "发给对方的话：")) + owner_of(fix->owner, words);
  message.words = plain_text(fix->message, true);
}

void add_dead_ends(Message& message, const Notification& notification, const Words& words) {
  for (const NotifiedDeadEnd& dead_end : notification.dead_ends) {
    if (dead_end.proof == ProofStatus::refuted || message.dead_ends.size() == kDeadEndsShown) continue;
    std::string line = plain_text(dead_end.action);
    if (dead_end.is_unsafe) line += words(" [unsafe]", "【不安全】");
    // It says what came out: "tried: still fails, …", or "shown to pass only because nothing is checked".
    if (dead_end.proof == ProofStatus::proved && !dead_end.proof_detail.empty())
      line += words(" [", "【") + plain_text(dead_end.proof_detail) + words("]", "】");
    if (!dead_end.why_fails.empty()) line += std::string(words(": ", "：")) + plain_text(dead_end.why_fails);
    message.dead_ends.push_back(std::move(line));
  }
  if (!message.dead_ends.empty()) message.dead_ends_label = words("Do not try", "不要尝试");
}

void add_items(Message& message, const Notification& notification, const Words& words) {
  for (const DigestItem& item : notification.items) {
    if (message.items.size() == kItemsShown) break;
    const bool is_over = notification.kind != "digest" && item.kind == "resolved";
    message.items.push_back(plain_text(item.summary) + (is_over ? words(" [resolved]", "【已恢复】") : ""));
  }
  if (message.items.empty()) return;
  message.items_label = notification.kind == "digest" ? words("In this digest", "本摘要包含") : words("In this group", "本组故障");
  const auto left_out = notification.items_left_out + static_cast<std::int64_t>(notification.items.size() - message.items.size());
  if (left_out > 0) message.items.push_back(std::string(words("… and so many more: ", "……以及更多：")) + std::to_string(left_out));
}

/// A link that needs escaping in no medium. Links come from the knowledge base, never from a log.
bool is_plain_link(std::string_view link) {
  constexpr std::string_view kAllowed = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._:/?#=%";
  return (link.starts_with("https://") || link.starts_with("http://")) && link.size() <= 500 &&
         link.find_first_not_of(kAllowed) == std::string_view::npos;
}

std::string title_of(const Notification& notification, const Words& words) {
  std::string title = plain_text(notification.summary);
  if (title.empty()) title = plain_text(notification.rule_title);
  if (title.empty()) title = words("nginx TLS incident", "nginx TLS 故障");
  if (notification.kind == "reopened" && notification.reopens > 1)
    title += words(" — return ", "——第 ") + std::to_string(notification.reopens) + words("", " 次复发");
  return title;
}

}  // namespace

Message compose_message(const Notification& notification, Language language) {
  const Words words(language);
  Message message;
  message.tone = tone_of(notification);
  message.title = title_of(notification, words);
  message.explanation = explanation_of(notification, words);
  if (notification.is_correction)
    message.explanation =
        words("Correction: what was told of the cause before does not hold. ", "更正：此前告知的原因不成立。") + message.explanation;
  message.impact = impact_of(notification, words);
  if (is_plain_link(notification.page)) {
    message.page = notification.page;
    message.page_label = words("Open", "打开");
  }
  add_items(message, notification, words);
  if (!notification.is_resolved()) add_fix(message, notification, words);
  add_facts(message, notification, words);
  if (!notification.is_resolved() && message.page.empty()) {  // the page has them
    add_dead_ends(message, notification, words);
    if (!notification.sample_lines.empty()) {
      message.sample_label = words("Log line", "日志行");
      message.sample = plain_text(notification.sample_lines.front());
    }
  }
  if (is_plain_link(notification.rule_url)) {
    message.link = notification.rule_url;
    message.link_label = words("About this error", "关于此错误");
  }
  message.more = words("… (cut: the command above shows the rest)", "……（已截断，其余用上面的命令查看）");
  return message;
}

std::string_view colour_of(Tone tone) {
  switch (tone) {
    case Tone::critical: return "#D32F2F";
    case Tone::warning: return "#F57C00";
    case Tone::info: return "#1976D2";
    case Tone::resolved: return "#388E3C";
  }
  return "#1976D2";
}

}  // namespace handshaked::format
