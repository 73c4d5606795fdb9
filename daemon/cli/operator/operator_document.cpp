#include "cli/operator/operator_document.h"

#include <simdjson.h>

#include <vector>

#include "base/text/number_text.h"
#include "base/text/visible_text.h"
#include "cli/document/text_layout.h"
#include "cli/document/words.h"
#include "cli/operator/daemon_answer.h"
#include "cli/texts.h"
#include "correlate/incident_title.h"
#include "correlate/severity.h"

namespace handshaked::cli {
namespace {

using simdjson::dom::element;

class OperatorDocument {
 public:
  /// `width`: of the terminal, if there is one.
  OperatorDocument(Language language, std::optional<std::size_t> width,
                   std::string_view command_options)
      : language_(language),
        say_(operator_texts(), language),
        width_(width),
        command_options_(command_options) {}

  std::string incidents(const element& result) const {
    const auto rows = list_of(result, "incidents");
    if (rows.empty()) return say_("list.none") + "\n";
    // A narrow terminal needs its room for what and where; how often in all, and when last, are
    // told by wider ones and by JSON.
    constexpr std::size_t kBelow = 5, kLeftOut = 2, kWide = 130;
    const bool is_narrow = width_ && *width_ < kWide;
    const auto fitting = [is_narrow](std::vector<std::string> cells) {
      if (is_narrow) cells.erase(cells.begin() + kBelow, cells.begin() + kBelow + kLeftOut);
      return cells;
    };
    TextTable table(fitting({say_("list.id"), say_("list.severity"), say_("list.status"),
                             say_("list.since"), say_("list.rate"), say_("list.lines"),
                             say_("list.last_seen"), say_("list.what"), say_("list.cause")}));
    for (const element& row : rows) {
      const bool is_sure =
          flag_of(row, "diagnosed") &&
          (row["confidence"].error() || real_of(row, "confidence") >= correlate::kSure);
      const std::string cause = text_of(row, "cause");
      table.add(fitting({text_of(row, "id"), severity(row), status(row), minute(row, "opened_at"),
                         rate_text(real_of(row, "rate_per_minute")), text_of(row, "count"),
                         minute(row, "last_seen_at"), title(row),
                         cause + (is_sure || cause.empty() ? "" : "?")}));
    }
    std::string out = table.text_within(width_, kBelow);
    const std::uint64_t total = number_of(result, "total");
    if (total > rows.size())
      out += say_("list.more", {{"count", std::to_string(total - rows.size())}}) + "\n";
    if (width_)
      out += "\n" +
             say_("list.first",
                  {{"command", "handshaked incidents show " + first_id(rows) + options()}}) +
             "\n";
    return out;
  }

  std::string status(const element& row) const {
    const std::string word = text_of(row, "status");
    std::string status = word == "open"       ? say_("state.open")
                         : word == "resolved" ? say_("state.resolved")
                                              : word;
    const auto add = [&](bool holds, std::string_view key) {
      if (holds) status = say_("state.next", {{"state", status}, {"word", say_(key)}});
    };
    add(flag_of(row, "flapping"), "state.flapping");
    add(!list_of(row, "silenced_by").empty(), "state.silenced");
    add(flag_of(row, "noise"), "state.noise");
    add(flag_of(row, "quiet_still_failing"), "state.quiet");
    return status;
  }

  std::string title(const element& row) const {
    const std::string text = text_of(row, language_ == Language::zh ? "title_zh" : "title");
    return text.empty() ? place(row) : text;
  }

  std::string incident(const element& result) const {
    const element incident = result["incident"];
    const element diagnosis = result["diagnosis"];
    std::string out = text_of(incident, "id") + "  " + severity(incident) + "  " +
                      status(incident) + "\n" + text_of(incident, "title") + "\n\n";
    const auto fact = [this, &out](const std::string& name, const std::string& value) {
      if (!value.empty()) out += say_("detail.fact", {{"name", name}, {"value", value}}) + "\n";
    };
    fact(say_("detail.rule"), text_of(result["rule"], "id"));
    fact(say_("detail.place"), place(result["place"]));
    const std::string line = text_of(result["place"], "line");
    if (!text_of(result["place"], "directive").empty())
      fact(say_("detail.directive"), text_of(result["place"], "directive") + " " +
                                         text_of(result["place"], "file") +
                                         (line.empty() ? "" : ":" + line));
    cause(diagnosis, fact);
    fact(say_("detail.command"), text_of(result, "command"));
    const bool is_open = text_of(incident, "status") == "open";
    fact(say_("detail.lines"),
         is_open
             ? say_("detail.lines_now", {{"count", text_of(incident, "count")},
                                         {"rate", rate_text(real_of(incident, "rate_per_minute"))}})
             : text_of(incident, "count"));
    fact(say_("detail.clients"), text_of(incident["clients"], "distinct"));
    fact(say_("detail.hosts"), texts_of(incident, "hosts"));
    fleet(result, fact);
    fact(say_("detail.servers"), texts_of(incident, "servers"));
    fact(say_("detail.opened"), moment(incident, "opened_at"));
    fact(say_("detail.last_seen"), moment(incident, "last_seen_at"));
    element will_break;
    if (incident["will_break"].get(will_break) == simdjson::SUCCESS)
      fact(say_("detail.fails_from"), moment(will_break, "at"));
    fact(say_("detail.resolved"), moment(incident, "resolved_at"));
    fact(say_("detail.resolved_by"), resolved_by(incident));
    if (flag_of(incident, "quiet_still_failing"))
      fact(say_("detail.quiet"),
           say_("detail.quiet_failing", {{"time", moment(incident, "probe_failed_at")}}));
    fact(say_("detail.seen_good"), moment(incident, "fix_verified_at"));
    fact(say_("detail.joined_to"), text_of(incident, "parent_id"));
    fact(say_("detail.silenced_by"), texts_of(incident, "silenced_by"));
    for (const element& told : list_of(result, "told"))
      fact(say_("detail.notified"), text_of(told, "receiver") + ", " + moment(told, "at"));
    for (const element& note : list_of(result, "notes"))
      fact(say_("detail.note"),
           moment(note, "at") + " " + text_of(note, "author") + ": " + text_of(note, "text"));
    for (const element& sample : list_of(incident, "sample_lines")) {
      std::string_view text;
      if (sample.get(text) == simdjson::SUCCESS) fact(say_("detail.line"), visible_text(text));
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
      fact(is_sure ? say_("detail.cause") : say_("detail.perhaps"),
           say_("detail.sure",
                {{"cause", text_of(diagnosis, "cause")}, {"percent", percent(confidence)}}));
      fact(is_sure ? say_("detail.meaning") : say_("detail.would_mean"),
           text_of(diagnosis, "summary"));
      return;
    }
    for (const element& candidate : list_of(diagnosis, "candidates")) {
      fact(say_("detail.candidate"),
           text_of(candidate, "cause") + " (" + percent(real_of(candidate, "likelihood")) + ")");
      fact(say_("detail.tell_apart"), text_of(candidate, "tell_apart"));
    }
  }

  /// On a central daemon: where it is since when, and what tells those hosts from the others.
  template <class Fact>
  void fleet(const element& result, const Fact& fact) const {
    element fleet;
    if (result["fleet"].get(fleet) != simdjson::SUCCESS) return;
    fact(say_("fleet.summary"), text_of(fleet, "summary"));
    for (const element& host : list_of(fleet, "hosts")) {
      const std::string until = moment(host, "until");
      const std::string cause = text_of(host, "cause");
      fact(say_("fleet.on"),
           say_(until.empty() ? "fleet.since" : "fleet.until", {{"host", text_of(host, "host")},
                                                                {"since", moment(host, "since")},
                                                                {"until", until}}) +
               (cause.empty() ? "" : ", " + cause));
    }
    for (const element& difference : list_of(fleet, "differences"))
      fact(say_("fleet.differs"), text_of(difference, "text"));
  }

  /// How it is known, what cures it, and what does not.
  std::string advice(const element& result) const {
    std::string out;
    // A text as it came, alone or as the {text} of a label.
    const auto block = [this, &out](std::string_view label, const element& text) {
      std::string_view lines;
      if (text.get(lines) != simdjson::SUCCESS || lines.empty()) return;
      out += indented(label.empty() ? std::string(lines) : say_(label, {{"text", lines}}));
    };
    const auto member_block = [&block](std::string_view label, const element& of,
                                       std::string_view key) {
      element text;
      if (of[key].get(text) == simdjson::SUCCESS) block(label, text);
    };
    for (const element& evidence : list_of(result["diagnosis"], "evidence"))
      out += "- " + text_of(evidence, "text") + "\n";
    if (!out.empty()) out += "\n";
    for (const element& fix : list_of(result, "fixes")) {
      out += say_(flag_of(fix, "unsafe") ? "fix.line_unsafe" : "fix.line",
                  {{"rank", text_of(fix, "rank")},
                   {"title", text_of(fix, "title")},
                   {"proof", proof_word(text_of(fix["proof"], "status"))}}) +
             "\n";
      member_block("fix.by", fix, "owner");
      member_block("", fix, "how");
      member_block("fix.proof", fix["proof"], "detail");
      for (const element& command : list_of(fix, "commands")) block("fix.command", command);
      member_block("fix.send", fix, "message");
      member_block("", fix, "patch");
    }
    const auto dead_ends = list_of(result, "dead_ends");
    if (!dead_ends.empty()) out += "\n" + say_("dead_end.heading") + "\n";
    for (const element& dead_end : dead_ends) {
      const std::string action = text_of(dead_end, "action");
      out +=
          "- " +
          (flag_of(dead_end, "unsafe") ? say_("dead_end.unsafe", {{"action", action}}) : action) +
          (text_of(dead_end["proof"], "status") == "proved"
               ? " [" + text_of(dead_end["proof"], "detail") + "]"
               : "") +
          ": " + text_of(dead_end, "why_fails") + "\n";
    }
    return out;
  }

  std::string silences(const element& result) const {
    const auto rows = list_of(result, "silences");
    const auto windows = list_of(result, "maintenance");
    std::string out = rows.empty() ? say_("silences.none") + "\n" : std::string();
    if (!rows.empty()) {
      TextTable table({say_("silences.id"), say_("silences.state"), say_("silences.ends"),
                       say_("silences.by"), say_("silences.matchers"), say_("silences.comment")});
      for (const element& row : rows)
        table.add({text_of(row, "id"),
                   flag_of(row, "active") ? say_("silences.active") : say_("silences.inactive"),
                   moment(row, "ends_at"), text_of(row, "created_by"), texts_of(row, "matchers"),
                   text_of(row, "comment")});
      out += table.text_within(width_, 4);
    }
    for (const element& window : windows)
      out += say_(flag_of(window, "active") ? "maintenance.now" : "maintenance.next",
                  {{"name", text_of(window, "name")}, {"time", moment(window, "changes_at")}}) +
             "\n";
    return out;
  }

  std::string deliveries(const element& result) const {
    const auto rows = list_of(result, "deliveries");
    if (rows.empty()) return say_("queue.none") + "\n";
    TextTable table({say_("queue.id"), say_("queue.receiver"), say_("queue.status"),
                     say_("queue.tries"), say_("queue.created"), say_("queue.event"),
                     say_("queue.last_error")});
    for (const element& row : rows)
      table.add({text_of(row, "id"), text_of(row, "receiver"), text_of(row, "status"),
                 text_of(row, "attempts"), moment(row, "created_at"), text_of(row, "event_id"),
                 text_of(row, "last_error")});
    return table.text_within(width_, 5);
  }

  std::string delivery(const element& result) const {
    std::string out;
    for (const char* const key :
         {"id", "receiver", "status", "event_id", "event_type", "incident_id", "created_at",
          "not_before", "attempts", "last_error", "finished_at", "body"}) {
      if (const std::string value = text_of(result, key); !value.empty())
        out += std::string(key) + ": " + value + "\n";
    }
    return out;
  }

  /// What an order has done.
  std::string changed(const element& result) const {
    return counted(say_, number_of(result, "changed"), "answer.changed_one",
                   "answer.changed_many") +
           "\n";
  }
  std::string done() const { return say_("answer.done") + "\n"; }

 private:
  std::string resolved_by(const element& incident) const {
    std::string by = text_of(incident, "resolved_by");
    bool is_seen_good = true;
    if (by != "quiet" || incident["seen_good"].get(is_seen_good) != simdjson::SUCCESS ||
        is_seen_good)
      return by;
    return say_("detail.by_untried_quiet", {{"reason", by}});
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
    if (status == "proved") return say_("fix.proved");
    if (status == "refuted") return say_("fix.refuted");
    return say_("fix.untested");
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
    return std::string(correlate::severity_mark(severity)) + " " +
           (language_ == Language::zh ? severity_word(language_, severity) : word);
  }
  static std::string first_id(const std::vector<element>& rows) {
    return text_of(rows.front(), "id");
  }
  std::string options() const {
    return command_options_.empty() ? command_options_ : " " + command_options_;
  }
  /// "2026-11-21 02:58": seconds are for the details.
  static std::string minute(const element& row, std::string_view key) {
    return cli::moment(row, key).substr(0, 16);
  }

  Language language_;
  Texts say_;
  std::optional<std::size_t> width_;
  std::string command_options_;
};

std::string page_of(std::string_view verb, const element& root, Language language,
                    std::optional<std::size_t> width, std::string_view command_options) {
  const OperatorDocument page(language, width, command_options);
  if (verb == "status") return status_page(root, language, width);
  if (verb == "incidents.list") return page.incidents(root);
  if (verb == "incidents.show") return page.incident(root);
  if (verb == "silence.list") return page.silences(root);
  if (verb == "deliveries.list") return page.deliveries(root);
  if (verb == "deliveries.show") return page.delivery(root);
  if (verb == "silence.add") return text_of(root, "id") + "\n";
  if (verb == "deliveries.retry" || verb == "deliveries.discard") return page.changed(root);
  return page.done();
}

}  // namespace

std::string operator_page(std::string_view verb, const std::string& result, Language language,
                          std::optional<std::size_t> width, std::string_view command_options) {
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
