#include "format/message.h"

#include <string_view>

#include "base/text/number_text.h"
#include "correlate/severity.h"
#include "format/clean_text.h"
#include "format/texts.h"

namespace handshaked::format {
namespace {

constexpr std::size_t kDeadEndsShown = 4;
constexpr std::size_t kItemsShown = 10;  // the worst of a group; all are on the page
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

std::string first_of(const std::vector<std::string>& texts, std::size_t shown) {
  std::string line;
  for (std::size_t index = 0; index < texts.size() && index < shown; ++index)
    line += (index == 0 ? "" : ", ") + plain_text(texts[index]);
  if (texts.size() > shown) line += ", … (" + std::to_string(texts.size()) + ")";
  return line;
}

std::string owner_of(std::string_view owner, const Texts& text) {
  if (owner == "upstream") return text("owner.upstream");
  if (owner == "client") return text("owner.client");
  if (owner == "ca") return text("owner.ca");
  if (owner == "network") return text("owner.network");
  return plain_text(owner);
}

void add_fact(Message& message, std::string label, std::string value, bool is_code) {
  if (!value.empty()) message.facts.push_back({std::move(label), std::move(value), is_code});
}

std::string place_of(const Notification& notification) {
  if (notification.file.empty()) return {};
  return plain_text(notification.file) +
         (notification.line > 0 ? ":" + std::to_string(notification.line) : "");
}

/// "42 failures since 2026-11-21 09:00:00 UTC, 8.4 a minute, from 17 clients, on 3 hosts".
std::string impact_of(const Notification& notification, const Texts& text) {
  if (notification.count <= 0) return {};
  std::string impact = text(notification.count == 1 ? "impact.failure" : "impact.failures",
                            {{"count", std::to_string(notification.count)}});
  if (!notification.opened_at.empty())
    impact += text("impact.since", {{"time", readable_time(notification.opened_at)}});
  if (notification.is_resolved() && !notification.last_seen_at.empty())
    impact += text("impact.last", {{"time", readable_time(notification.last_seen_at)}});
  if (!notification.is_resolved() && notification.rate_per_minute > 0)
    impact += text("impact.rate", {{"rate", rate_text(notification.rate_per_minute)}});
  if (notification.distinct_clients > 0)
    impact += text(notification.distinct_clients == 1 ? "impact.client" : "impact.clients",
                   {{"count", std::to_string(notification.distinct_clients)}});
  if (notification.hosts.size() == 1)
    impact += text("impact.host", {{"host", plain_text(notification.hosts.front())}});
  if (notification.hosts.size() > 1)
    impact += text("impact.hosts", {{"count", std::to_string(notification.hosts.size())}});
  if (notification.is_flapping) impact += text("impact.flapping");
  return impact;
}

/// "a (70%), b (20%)": what a line alone leaves open, but for `without`.
std::string candidates_of(const Notification& notification, std::string_view without,
                          const Texts& text) {
  std::string list;
  std::size_t shown = 0;
  for (const NotifiedCandidate& candidate : notification.candidates) {
    if (candidate.cause == without) continue;
    if (++shown > kCandidatesShown) break;
    list +=
        text(list.empty() ? "cause.candidate" : "cause.next_candidate",
             {{"cause", plain_text(candidate.cause)}, {"percent", percent(candidate.likelihood)}});
  }
  return list;
}

/// Why an incident counts as over; empty for a reason of another version.
std::string end_of(const Notification& notification, const Texts& text) {
  const std::string& by = notification.resolved_by;
  if (by == "quiet")
    return text(notification.is_seen_good ? "over.by_quiet" : "over.by_untried_quiet");
  if (by == "probes") return text("over.by_probes");
  if (by == "operator") return text("over.by_operator");
  if (by == "replaced") return text("over.by_replaced");
  if (by == "settled") return text("over.by_settled");
  if (by == "merged") return text("over.by_merged");
  if (by == "usual") return text("over.by_usual");
  return {};
}

std::string explanation_of(const Notification& notification, const Texts& text) {
  if (notification.is_resolved()) {
    const std::string how = end_of(notification, text);
    if (notification.resolved_at.empty())
      return how.empty() ? text("over.plain") : text("over.how", {{"how", how}});
    const std::string time = readable_time(notification.resolved_at);
    return how.empty() ? text("over.since", {{"time", time}})
                       : text("over.since_how", {{"time", time}, {"how", how}});
  }
  if (notification.is_from_line_alone) {
    const std::string list = candidates_of(notification, {}, text);
    return list.empty() ? list : text("cause.candidates", {{"list", list}});
  }
  std::string summary = shortened(plain_text(notification.diagnosis_summary), kLongestExplanation,
                                  Measure::utf16_units);
  if (!notification.is_cause_open() || summary.empty()) return summary;
  std::string perhaps =
      text("cause.perhaps",
           {{"percent", percent(notification.confidence.value_or(0))}, {"explanation", summary}});
  const std::string others = candidates_of(notification, notification.cause, text);
  return others.empty() ? perhaps : text("cause.or_else", {{"perhaps", perhaps}, {"list", others}});
}

std::string confidence_of(const Notification& notification, const Texts& text) {
  if (!notification.confidence || notification.cause.empty()) return {};
  const std::string share = percent(*notification.confidence);
  return notification.is_from_line_alone ? text("fact.from_line", {{"percent", share}}) : share;
}

void add_facts(Message& message, const Notification& notification, const Texts& text) {
  add_fact(message, text("fact.incident"), plain_text(notification.incident_id), true);
  add_fact(message, text(notification.is_cause_open() ? "fact.candidate" : "fact.cause"),
           plain_text(notification.cause), true);
  add_fact(message, text("fact.confidence"), confidence_of(notification, text), false);
  add_fact(message, text("fact.place"), place_of(notification), true);
  add_fact(message, text("fact.directive"), plain_text(notification.directive), true);
  add_fact(message, text("fact.upstream"), plain_text(notification.peer), true);
  add_fact(message, text("fact.name"), plain_text(notification.name), true);
  add_fact(message, text("fact.server"),
           first_of(notification.servers.empty() ? std::vector<std::string>{notification.server}
                                                 : notification.servers,
                    8),
           true);
  add_fact(message, text("fact.hosts"), first_of(notification.hosts, 8), true);
  if (notification.is_quiet_failing)
    add_fact(message, text("fact.quiet"), text("fact.quiet_failing"), false);
}

/// What shows the incident on its host. An older event does not say it.
std::string command_of(const Notification& notification) {
  if (notification.command.starts_with("handshaked ")) return copyable_text(notification.command);
  if (notification.incident_id.empty()) return {};
  return (notification.rule_id.starts_with("handshaked/") ? "handshaked incidents show "
                                                          : "handshaked fix show ") +
         plain_text(notification.incident_id);
}

void add_fix(Message& message, const Notification& notification, const Texts& text) {
  const NotifiedFix* const fix = notification.best_fix();
  if (notification.kind != "digest") message.command = command_of(notification);
  if (fix == nullptr) return;
  const bool is_proved = fix->proof == ProofStatus::proved;
  message.fix_label = text(is_proved ? "fix.proved" : "fix.likely");
  message.fix_title = plain_text(fix->title);
  if (fix->how != fix->title) message.fix_text = plain_text(fix->how, true);
  message.patch = copyable_text(fix->patch);
  for (const std::string& command : fix->commands)
    message.commands += copyable_text(command) + "\n";
  if (fix->owner.empty() || fix->owner == "proxy" || fix->message.empty()) return;
  message.words_label = text("fix.message_for", {{"owner", owner_of(fix->owner, text)}});
  message.words = plain_text(fix->message, true);
}

void add_dead_ends(Message& message, const Notification& notification, const Texts& text) {
  for (const NotifiedDeadEnd& dead_end : notification.dead_ends) {
    if (dead_end.proof == ProofStatus::refuted || message.dead_ends.size() == kDeadEndsShown)
      continue;
    std::string line = plain_text(dead_end.action);
    if (dead_end.is_unsafe) line = text("dead_end.unsafe", {{"action", line}});
    // It says what came out: "tried: still fails, …", or "shown to pass only because nothing is
    // checked".
    if (dead_end.proof == ProofStatus::proved && !dead_end.proof_detail.empty())
      line = text("dead_end.tried",
                  {{"action", line}, {"outcome", plain_text(dead_end.proof_detail)}});
    if (!dead_end.why_fails.empty())
      line = text("dead_end.why", {{"action", line}, {"why", plain_text(dead_end.why_fails)}});
    message.dead_ends.push_back(std::move(line));
  }
  if (!message.dead_ends.empty()) message.dead_ends_label = text("dead_end.label");
}

/// "◆ gw → 10.0.0.7:8443: … — now 12 lines/min, 42 in all since 2026-11-21 09:00 UTC, inc-…". The
/// summary of an event in a digest has its mark and its lines already.
std::string item_line(const DigestItem& item, bool is_event, const Texts& text) {
  const std::string rate = rate_text(item.rate_per_minute.value_or(0));
  if (is_event) {
    const bool has_rate = item.kind != "resolved" && item.rate_per_minute.value_or(0) > 0;
    return has_rate ? text("items.event", {{"summary", plain_text(item.summary)}, {"rate", rate}})
                    : plain_text(item.summary);
  }
  const std::string& title = item.summary.empty() ? item.incident_id : item.summary;
  std::string time = readable_time(item.opened_at);
  constexpr std::size_t kSecondsAt = std::string_view("2026-11-21 09:00").size(),
                        kSeconds = std::string_view(":00").size();
  if (time.ends_with(" UTC") && time.size() > kSecondsAt + kSeconds)
    time.erase(kSecondsAt, kSeconds);
  const char* const key = item.kind == "resolved" ? "items.over"
                          : item.rate_per_minute  ? "items.place"
                                                  : "items.place_of_old";
  return text(
      key,
      {{"mark", std::string(correlate::severity_mark(correlate::severity_named(item.severity)))},
       {"title", plain_text(title)},
       {"rate", rate},
       {"count", std::to_string(item.count)},
       {"time", time},
       {"id", plain_text(item.incident_id)}});
}

void add_items(Message& message, const Notification& notification, const Texts& text) {
  for (const DigestItem& item : notification.items) {
    if (message.items.size() == kItemsShown) break;
    message.items.push_back(item_line(item, notification.kind == "digest", text));
  }
  if (message.items.empty()) return;
  message.items_label = text(notification.kind == "digest" ? "items.of_digest" : "items.of_group");
  const auto left_out = notification.items_left_out +
                        static_cast<std::int64_t>(notification.items.size() - message.items.size());
  if (left_out > 0)
    message.items.push_back(text("items.more", {{"count", std::to_string(left_out)}}));
}

/// A link that needs escaping in no medium. Links come from the knowledge base, never from a log.
bool is_plain_link(std::string_view link) {
  constexpr std::string_view kAllowed =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._:/?#=%";
  return (link.starts_with("https://") || link.starts_with("http://")) && link.size() <= 500 &&
         link.find_first_not_of(kAllowed) == std::string_view::npos;
}

std::string title_of(const Notification& notification, const Texts& text) {
  std::string title = plain_text(notification.summary);
  if (title.empty()) title = plain_text(notification.rule_title);
  if (title.empty()) title = text("title.unknown");
  if (notification.kind == "reopened" && notification.reopens > 1)
    title = text("title.returned",
                 {{"title", title}, {"number", std::to_string(notification.reopens)}});
  return title;
}

}  // namespace

Message compose_message(const Notification& notification, Language language) {
  const Texts text(texts(), language);
  Message message;
  message.tone = tone_of(notification);
  message.title = title_of(notification, text);
  message.explanation = explanation_of(notification, text);
  if (notification.is_correction)
    message.explanation = text("cause.corrected", {{"explanation", message.explanation}});
  message.impact = impact_of(notification, text);
  if (is_plain_link(notification.page)) {
    message.page = notification.page;
    message.page_label = text("link.page");
  }
  add_items(message, notification, text);
  if (!notification.is_resolved()) add_fix(message, notification, text);
  add_facts(message, notification, text);
  if (!notification.is_resolved() && message.page.empty()) {  // the page has them
    add_dead_ends(message, notification, text);
    if (!notification.sample_lines.empty()) {
      message.sample_label = text("sample.line");
      message.sample = plain_text(notification.sample_lines.front());
    }
  }
  if (is_plain_link(notification.rule_url)) {
    message.link = notification.rule_url;
    message.link_label = text("link.rule");
  }
  message.more = text("more.cut");
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
