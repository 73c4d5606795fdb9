#include "cli/operator/operator_document.h"

#include <simdjson.h>

#include <algorithm>
#include <cstdio>

#include "base/text/visible_text.h"
#include "cli/document/text_layout.h"
#include "cli/document/words.h"
#include "cli/texts.h"

namespace handshaked::cli {
namespace {

using simdjson::dom::element;

constexpr std::size_t kRulesShown = 10;
constexpr std::size_t kEdgesShown = 20;  // those that need somebody come first

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
      : status_(status), language_(language), say_(operator_texts(), language), width_(width) {}

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
  void add_line(std::string_view key, Catalogue::Values values = {}) {
    out_ += say_(key, values) + "\n";
  }

  void head() {
    add_line("daemon.head",
             {{"version", text_of(status_, "version")},
              {"pid", text_of(status_, "pid")},
              {"time", moment(status_, "started_at")},
              {"memory", size_words(language_, number_of(status_, "memory_bytes"))}});
    element libraries;
    if (status_["libraries"].get(libraries) == simdjson::SUCCESS) {
      add_line("daemon.libraries", {{"uptime", length_words(status_, "uptime_seconds")},
                                    {"cpu", cost_words(real_of(status_, "cpu_seconds"))},
                                    {"openssl", text_of(libraries, "openssl")},
                                    {"sqlite", text_of(libraries, "sqlite")}});
    }
    add_line(number_of(status_, "logs") == 1 ? "daemon.follows_log" : "daemon.follows_logs",
             {{"logs", text_of(status_, "logs")}, {"rules", text_of(status_, "rules")}});
    for (const element& reason : list_of(status_, "not_ready_because")) {
      std::string_view text;
      if (reason.get(text) == simdjson::SUCCESS)
        add_line("daemon.not_ready", {{"reason", visible_text(text)}});
    }
    bool is_good = true;
    if (status_["last_reload_good"].get(is_good) == simdjson::SUCCESS && !is_good)
      add_line("daemon.rules_refused");
  }

  void incidents() {
    const element incidents = status_["incidents"];
    add_line("daemon.incident_counts", {{"critical", text_of(incidents, "critical")},
                                        {"warning", text_of(incidents, "warning")},
                                        {"info", text_of(incidents, "info")},
                                        {"noise", text_of(incidents, "noise")},
                                        {"pending", text_of(incidents, "pending")},
                                        {"silenced", text_of(incidents, "silenced")}});
    if (number_of(incidents, "overflow_lines") > 0)
      add_line("daemon.overflow", {{"count", text_of(incidents, "overflow_lines")}});
  }

  void receivers() {
    TextTable table({say_("receivers.receiver"), say_("receivers.circuit"),
                     say_("receivers.waiting"), say_("receivers.delivered"), say_("receivers.dead"),
                     say_("receivers.last_failure")});
    for (const element& receiver : list_of(status_, "receivers")) {
      table.add({text_of(receiver, "name"),
                 flag_of(receiver, "disabled") ? "disabled" : text_of(receiver, "circuit"),
                 text_of(receiver, "waiting"), text_of(receiver, "delivered"),
                 text_of(receiver, "dead"), text_of(receiver, "last_failure")});
    }
    out_ += table.text_within(width_, 5);
  }

  std::string state_word(const std::string& state) const {
    if (state == "open") return say_("source_state.open");
    if (state == "waiting") return say_("source_state.waiting");
    if (state == "unreadable") return say_("source_state.unreadable");
    return state == "starting" ? say_("source_state.starting") : state;
  }

  /// So many seconds in whole units, as ages are written.
  std::string length_words(const element& from, std::string_view key) const {
    return age_words(language_,
                     std::chrono::seconds(static_cast<std::int64_t>(real_of(from, key))));
  }

  std::string since(const element& from, std::string_view key) const {
    const std::string at = moment(from, key);
    return at.empty() ? "-" : at;
  }

  void sources() {
    const auto list = list_of(status_, "sources");
    if (list.empty()) return;
    out_ += "\n";
    TextTable table({say_("sources.source"), say_("sources.kind"), say_("sources.state"),
                     say_("sources.read"), say_("sources.lines"), say_("sources.matched"),
                     say_("sources.position"), say_("sources.unread"), say_("sources.behind"),
                     say_("sources.last_line")});
    for (const element& source : list) {
      const bool has_lag = source["lag_bytes"].error() == simdjson::SUCCESS;
      table.add(
          {text_of(source, "name"), text_of(source, "kind"), state_word(text_of(source, "state")),
           size_words(language_, number_of(source, "bytes")), text_of(source, "lines"),
           text_of(source, "matched"), has_lag ? text_of(source, "position") : "-",
           has_lag ? size_words(language_, number_of(source, "lag_bytes")) : "-",
           has_lag ? length_words(source, "lag_seconds") : "-", since(source, "last_line_at")});
    }
    out_ += table.text_within(width_, 5);
  }

  std::string edge_state(const std::string& state) const {
    if (state == "healthy") return say_("edge_state.healthy");
    if (state == "behind") return say_("edge_state.behind");
    return state == "silent" ? say_("edge_state.silent") : state;
  }

  void edges() {
    element fleet;
    if (status_["fleet"].get(fleet) != simdjson::SUCCESS) return;
    out_ += "\n";
    add_line("edges.counts", {{"healthy", text_of(fleet, "healthy")},
                              {"behind", text_of(fleet, "behind")},
                              {"silent", text_of(fleet, "silent")}});
    const auto list = list_of(fleet, "edges");
    TextTable table({say_("edges.edge"), say_("edges.state"), say_("edges.heard"),
                     say_("edges.version"), say_("edges.open"), say_("edges.waiting"),
                     say_("edges.behind")});
    for (std::size_t i = 0; i < std::min(kEdgesShown, list.size()); ++i)
      table.add({text_of(list[i], "host"), edge_state(text_of(list[i], "state")),
                 since(list[i], "heard_at"), text_of(list[i], "version"),
                 text_of(list[i], "open_faults"), text_of(list[i], "waiting"),
                 length_words(list[i], "lag_seconds")});
    out_ += table.text_within(width_, 4);
    const std::uint64_t all =
        number_of(fleet, "healthy") + number_of(fleet, "behind") + number_of(fleet, "silent");
    if (all > kEdgesShown) add_line("daemon.more", {{"count", std::to_string(all - kEdgesShown)}});
  }

  void group() {
    element group;
    if (status_["group"].get(group) == simdjson::SUCCESS)
      out_ += "\n" + group_tables(group, language_);
  }

  void rules() {
    const auto list = list_of(status_, "rule_use");
    if (list.empty()) return;
    out_ += "\n";
    TextTable table({say_("rule_use.rule"), say_("rule_use.lines"), say_("rule_use.tried"),
                     say_("rule_use.cost")});
    for (std::size_t i = 0; i < std::min(kRulesShown, list.size()); ++i)
      table.add({text_of(list[i], "id"), text_of(list[i], "matches"),
                 text_of(list[i], "confirmations"), cost_words(real_of(list[i], "seconds"))});
    out_ += table.text();
    if (list.size() > kRulesShown)
      add_line("daemon.more", {{"count", std::to_string(list.size() - kRulesShown)}});
  }

  void store() {
    element store;
    if (status_["store"].get(store) != simdjson::SUCCESS) return;
    const std::uint64_t commits = number_of(store, "commits");
    const double each =
        commits == 0 ? 0 : real_of(store, "commit_seconds") / static_cast<double>(commits);
    out_ += "\n";
    add_line("daemon.store",
             {{"commits", std::to_string(commits)},
              {"each", cost_words(each)},
              {"last", since(store, "last_commit_at")},
              {"waiting", size_words(language_, number_of(store, "waiting_bytes"))}});
    std::string queues;
    for (const element& queue : list_of(status_, "queues"))
      queues += (queues.empty() ? "" : ", ") + text_of(queue, "name") + " " +
                text_of(queue, "depth") + "/" + text_of(queue, "capacity");
    add_line("daemon.queues", {{"queues", queues}});
  }

  const element& status_;
  Language language_;
  Texts say_;
  std::optional<std::size_t> width_;
  std::string out_;
};

}  // namespace

std::string status_page(const element& status, Language language,
                        std::optional<std::size_t> width) {
  return StatusDocument(status, language, width).make();
}

}  // namespace handshaked::cli
