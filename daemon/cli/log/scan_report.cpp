#include "cli/log/scan_report.h"

#include <algorithm>
#include <functional>
#include <map>
#include <unordered_map>

#include "base/text/number_text.h"
#include "cli/document/words.h"
#include "cli/knowledge/advice_section.h"
#include "cli/texts.h"
#include "correlate/incident_title.h"
#include "correlate/severity.h"
#include "correlate/urgency.h"
#include "event/incident_event.h"
#include "event/redaction.h"

namespace handshaked::cli {
namespace {

using correlate::Incident;

constexpr std::size_t kListedLogs = 8;
constexpr std::size_t kListedNoise = 12;
constexpr std::size_t kListedNames = 6;
constexpr std::size_t kListedPlaces = 5;
constexpr std::size_t kCharted = 6;  // faults with a colour of their own

std::string listed(const std::vector<std::string>& names, const Texts& say) {
  std::string list;
  for (std::size_t i = 0; i < names.size() && i < kListedNames; ++i) {
    const std::string name = names[i].empty() ? say("list.no_name") : names[i];
    list = i == 0 ? name : say("list.next", {{"list", list}, {"name", name}});
  }
  if (names.size() > kListedNames) list += " … +" + std::to_string(names.size() - kListedNames);
  return list;
}

class ScanReport {
 public:
  ScanReport(Document& page, const ScanResult& result, const KnowledgeBase& base,
             const ScanReportOptions& options)
      : page_(page),
        result_(result),
        base_(base),
        language_(options.language),
        say_(log_texts(), options.language),
        ended_at_(result.ended_at()),
        top_(options.top),
        detailed_(std::min(options.detailed, options.top)) {
    for (const match::Rule& rule : base.rules->rules()) rules_.emplace(rule.id, &rule);
  }

  void write() {
    write_headline();
    find_faults();
    const std::size_t hidden = faults_.size() > top_ ? faults_.size() - top_ : 0;
    faults_.resize(faults_.size() - hidden);
    if (faults_.size() > 1) {
      write_table();
      write_chart();
      if (faults_.size() > kListedPlaces) write_places();
    }
    for (std::size_t i = 0; i < std::min(detailed_, faults_.size()); ++i)
      write_incident(*faults_[i], i + 1);
    write_noise();
    write_remarks(hidden, faults_.size() - std::min(detailed_, faults_.size()));
  }

 private:
  std::string time(Time at, bool with_offset = false) const {
    return time_words(at, result_.offset, with_offset);
  }

  /// As the daemon lists them, seen from the log's end; but what had become quiet by then is no
  /// better.
  void find_faults() {
    std::vector<std::pair<correlate::Urgency, const Incident*>> ranked;
    for (const Incident& incident : result_.incidents) {
      if (incident.noise) continue;
      ranked.emplace_back(
          correlate::urgency_of(incident, ended_at_.value_or(incident.last_seen_at)), &incident);
      ranked.back().first.is_over = false;
    }
    std::stable_sort(ranked.begin(), ranked.end(), [](const auto& a, const auto& b) {
      return correlate::is_worse(a.first, b.first);
    });
    for (const auto& one : ranked) faults_.push_back(one.second);
  }

  void write_headline() {
    const std::uint64_t critical = result_.count_of(match::Severity::critical);
    const std::uint64_t warning = result_.count_of(match::Severity::warning);
    const std::uint64_t info = result_.count_of(match::Severity::info);
    const std::uint64_t faults = critical + warning + info;
    const bool nothing_was_read =
        result_.lines() == 0 && std::all_of(result_.logs.begin(), result_.logs.end(),
                                            [](const auto& log) { return !log.error.empty(); });
    page_.title(nothing_was_read ? say_("title.unread")
                : faults == 0    ? say_("title.clean")
                                 : counted(say_, faults, "title.fault", "title.faults"));
    std::vector<Fact> facts = log_facts();
    add_span(facts);
    facts.push_back({say_("summary.recognised"),
                     say_(result_.lines() == 1 ? "summary.of_line" : "summary.of_lines",
                          {{"matched", with_separators(result_.matched)},
                           {"count", with_separators(result_.lines())}})});
    if (faults > 0) {
      facts.push_back({say_("summary.faults"),
                       say_("summary.by_severity", {{"critical", std::to_string(critical)},
                                                    {"warning", std::to_string(warning)},
                                                    {"info", std::to_string(info)}})});
    }
    page_.facts(facts);
  }

  /// A guess, and how good: "70% upstream_cert_expired".
  std::string likely(const Incident& incident) const {
    if (incident.likeliest_cause.empty()) return {};
    return percent(incident.likelihood) + " " + incident.likeliest_cause.get();
  }

  /// As lists and messages of the daemon have it, at the end of the log.
  double rate_at_end(const Incident& incident) const {
    return correlate::present_rate(incident, ended_at_.value_or(incident.last_seen_at));
  }

  std::string severity(const Incident& incident) const {
    return std::string(correlate::severity_mark(incident.severity)) + " " +
           severity_word(language_, incident.severity);
  }

  /// A moment as short as it can be among the others.
  std::string short_time(Time at) const {
    const std::string words = time(at);
    return is_one_day_ ? words.substr(11) : words.substr(5, 11);
  }

  /// One row a fault: what to look at first.
  void write_table() {
    is_one_day_ = std::all_of(faults_.begin(), faults_.end(), [this](const Incident* one) {
      return time(one->opened_at).substr(0, 10) == time(faults_.front()->opened_at).substr(0, 10) &&
             time(one->last_seen_at).substr(0, 10) ==
                 time(faults_.front()->opened_at).substr(0, 10);
    });
    Table table{.columns = {{"#", true},
                            {say_("table.severity")},
                            {say_("table.fault")},
                            {say_("table.likely_cause")},
                            {say_("table.lines"), true},
                            {say_("table.rate"), true},
                            {say_("table.first")},
                            {say_("table.last")},
                            {say_("table.over_time")}},
                .rows = {},
                .lead = 3,
                .lists_faults = detailed_ >= faults_.size()};
    for (std::size_t i = 0; i < faults_.size(); ++i) {
      const Incident& incident = *faults_[i];
      table.rows.push_back({incident.severity,
                            {{std::to_string(i + 1)},
                             {severity(incident)},
                             {correlate::incident_title(incident, language_)},
                             {likely(incident)},
                             {with_separators(incident.count)},
                             {rate_text(rate_at_end(incident))},
                             {short_time(incident.opened_at)},
                             {short_time(incident.last_seen_at)},
                             {"", result_.rates.of(incident.fingerprint.text())}}});
    }
    page_.table(table);
    page_.note(say_("table.rate_note"));
  }

  /// Lines over time by fault: the most frequent ones, and what is left together.
  void write_chart() {
    const FaultRates& rates = result_.rates;
    if (rates.spans() < 2) return;
    std::vector<const Incident*> frequent = faults_;
    std::stable_sort(frequent.begin(), frequent.end(),
                     [](const Incident* a, const Incident* b) { return a->count > b->count; });
    Chart chart{
        .title = say_("chart.title", {{"length", duration_words(language_, rates.span())}}),
        .begin = time(rates.begin()),
        .end = time(rates.begin() + rates.span() * static_cast<std::int64_t>(rates.spans()), true),
        .spans = {},
        .kinds = {}};
    for (std::size_t i = 0; i < rates.spans(); ++i)
      chart.spans.push_back(time(rates.begin() + rates.span() * static_cast<std::int64_t>(i)));
    std::vector<std::uint64_t> rest(rates.spans(), 0);
    for (std::size_t i = 0; i < frequent.size(); ++i) {
      const std::vector<std::uint64_t> counts = rates.of(frequent[i]->fingerprint.text());
      if (i < kCharted)
        chart.kinds.push_back({correlate::incident_title(*frequent[i], language_), counts});
      else std::transform(rest.begin(), rest.end(), counts.begin(), rest.begin(), std::plus<>());
    }
    if (frequent.size() > kCharted) chart.kinds.push_back({say_("chart.others"), rest});
    page_.chart(chart);
  }

  /// Where most lines come from, whatever is wrong there.
  void write_places() {
    struct Sum {
      std::size_t faults = 0;
      std::uint64_t lines = 0;
    };
    std::map<std::string, Sum> sums;
    for (const Incident* const incident : faults_) {
      Sum& sum = sums[correlate::incident_place(*incident, language_)];
      ++sum.faults;
      sum.lines += incident->count;
    }
    std::vector<std::pair<std::string, Sum>> places(sums.begin(), sums.end());
    std::stable_sort(places.begin(), places.end(),
                     [](const auto& a, const auto& b) { return a.second.lines > b.second.lines; });
    if (places.size() > kListedPlaces) places.resize(kListedPlaces);
    page_.heading(say_("places.heading"));
    Table table{.columns = {{say_("places.place")},
                            {say_("places.faults"), true},
                            {say_("places.lines"), true}},
                .rows = {},
                .lead = 1};
    for (const auto& [place, sum] : places)
      table.rows.push_back(
          {std::nullopt, {{place}, {with_separators(sum.faults)}, {with_separators(sum.lines)}}});
    page_.table(table);
  }

  std::string name_of(const ScannedLog& log) const {
    return log.name == "-" ? say_("summary.standard_input") : log.name;
  }

  std::vector<Fact> log_facts() const {
    std::vector<Fact> facts;
    for (const ScannedLog& log : result_.logs) {
      if (facts.size() == kListedLogs) {
        facts.push_back({"", counted(say_, result_.logs.size() - kListedLogs, "summary.more_log",
                                     "summary.more_logs")});
        break;
      }
      const std::string what =
          log.error.empty() ? say_(log.lines == 1 ? "summary.log_of_line" : "summary.log_of_lines",
                                   {{"name", name_of(log)},
                                    {"size", size_words(language_, log.bytes)},
                                    {"count", with_separators(log.lines)}})
                            : say_("summary.log_failed", {{"error", log.error}});
      facts.push_back({facts.empty() ? say_("summary.read") : std::string(), what});
    }
    return facts;
  }

  void add_span(std::vector<Fact>& facts) const {
    std::optional<Time> first, last;
    for (const ScannedLog& log : result_.logs) {
      if (log.first_time)
        first = first ? std::min(*first, log.first_time->utc) : log.first_time->utc;
      if (log.last_time) last = last ? std::max(*last, log.last_time->utc) : log.last_time->utc;
    }
    if (!first || !last || *last < *first) return;
    facts.push_back(
        {say_("summary.time"),
         say_("summary.span", {{"first", time(*first)},
                               {"last", time(*last, true)},
                               {"length", duration_words(language_, *last - *first)}})});
  }

  void write_incident(const Incident& incident, std::size_t number) {
    const auto found = rules_.find(incident.rule_id);
    const match::Rule* const rule = found == rules_.end() ? nullptr : found->second;
    page_.fault(incident.severity, std::to_string(number) + ". " + severity(incident),
                correlate::incident_title(incident, language_));
    page_.facts(incident_facts(incident));
    std::size_t hidden = 0;
    if (rule != nullptr) {
      const LineAdvice advice =
          advice_about(*rule, correlate::advice_facts(incident.place), base_.knowledge, language_);
      if (advice.candidates.empty() && !advice.root_cause.empty())
        page_.paragraph(advice.root_cause);
      hidden = write_advice(page_, advice, kBestAdvice, language_);
    }
    if (!incident.sample_lines.empty()) {
      page_.heading(say_("fault.sample"));
      page_.verbatim(event::redacted_line(incident.sample_lines.front(), false));
    }
    page_.heading(say_("fault.next"));
    page_.note(hidden > 0 ? say_("fault.more_known", {{"count", std::to_string(hidden)}})
                          : say_("fault.all_known"));
    page_.verbatim("handshaked explain " + incident.rule_id.get());
  }

  std::string place_name(const correlate::Place& place) const {
    if (!place.peer.empty()) return place.peer;
    if (!place.server.empty()) return place.server;
    if (!place.object.empty()) return place.object;
    return side_words(language_, place.side);
  }

  std::vector<Fact> incident_facts(const Incident& incident) const {
    const correlate::Place& place = incident.place;
    std::vector<Fact> facts;
    facts.push_back({say_("fault.where"), where_words(place)});
    if (!place.name.empty()) facts.push_back({say_("fault.name"), place.name});
    if (!incident.servers.empty() &&
        !(incident.servers.size() == 1 && incident.servers.front() == place_name(place))) {
      facts.push_back({say_("fault.servers"), listed(incident.servers, say_)});
    }
    facts.push_back({say_("fault.seen"), seen_words(incident)});
    if (incident.status == correlate::Status::resolved)
      facts.push_back({say_("fault.now"), say_("fault.quiet")});
    if (correlate::distinct_clients(incident) > 0)
      facts.push_back({say_("fault.clients"), client_words(incident)});
    std::vector<std::string> hosts = incident.hosts;
    std::erase(hosts, "");
    if (!hosts.empty()) facts.push_back({say_("fault.hosts"), listed(hosts, say_)});
    for (const correlate::Consequence& consequence : incident.consequences) {
      facts.push_back(
          {say_("fault.led_to"), with_separators(consequence.count) + " × " + consequence.title});
    }
    facts.push_back({say_("fault.rule"), incident.rule_id});
    return facts;
  }

  std::string where_words(const correlate::Place& place) const {
    std::string words = side_words(language_, place.side);
    const auto add = [&](const std::string& what) {
      words = say_("fault.place", {{"side", words}, {"place", what}});
    };
    if (!place.peer.empty())
      add((place.scheme.empty() ? "" : place.scheme.get() + "://") + place.peer);
    else if (place.side == parse::Side::client && !place.server.empty()) add(place.server.get());
    if (!place.object.empty()) add(place.object.get());
    return words;
  }

  std::string seen_words(const Incident& incident) const {
    if (incident.count == 1)
      return say_("fault.seen_once", {{"time", time(incident.opened_at, true)}});
    const Duration lifetime = incident.last_seen_at - incident.opened_at;
    const double minutes = static_cast<double>(lifetime.count()) / 6e7;
    const bool is_short = lifetime < std::chrono::minutes(1);
    return say_(is_short ? "fault.seen_often" : "fault.seen_at_rate",
                {{"count", with_separators(incident.count)},
                 {"first", time(incident.opened_at)},
                 {"last", time(incident.last_seen_at, true)},
                 {"length", duration_words(language_, lifetime)},
                 {"rate", is_short ? std::string()
                                   : rate_text(static_cast<double>(incident.count) / minutes)}});
  }

  std::string client_words(const Incident& incident) const {
    std::vector<std::string> networks;
    for (const std::string& client : incident.clients.sample()) {
      const std::string network = event::masked_address(client);
      if (!network.empty() &&
          std::find(networks.begin(), networks.end(), network) == networks.end())
        networks.push_back(network);
    }
    const std::uint64_t count = correlate::distinct_clients(incident);
    if (networks.empty()) return counted(say_, count, "fault.client", "fault.clients_of");
    return say_(count == 1 ? "fault.client_in" : "fault.clients_in",
                {{"count", with_separators(count)}, {"networks", listed(networks, say_)}});
  }

  void write_noise() {
    std::vector<const Incident*> noise;
    std::uint64_t lines = 0;
    for (const Incident& incident : result_.incidents) {
      if (!incident.noise) continue;
      noise.push_back(&incident);
      lines += incident.count;
    }
    if (noise.empty()) return;
    std::sort(noise.begin(), noise.end(),
              [](const Incident* a, const Incident* b) { return a->count > b->count; });
    page_.section(counted(say_, lines, "noise.line", "noise.lines"));
    page_.note(say_("noise.note"));
    std::vector<Item> items;
    for (const Incident* incident : noise) {
      if (items.size() == kListedNoise) break;
      std::string lead =
          with_separators(incident->count) + " × " +
          (language_ == Language::zh && !incident->title_zh.empty() ? incident->title_zh
                                                                    : incident->title)
              .get();
      items.push_back({.lead = std::move(lead),
                       .remark = place_name(incident->place) + "; " + incident->rule_id.get(),
                       .details = {}});
    }
    page_.list(ListStyle::bullets, items);
    if (noise.size() > kListedNoise)
      page_.note(counted(say_, noise.size() - kListedNoise, "noise.more_kind", "noise.more_kinds"));
  }

  std::string untrusted_words() const {
    std::string words;
    for (std::size_t i = 0; i < result_.untrusted_rules.size() && i < kListedNames; ++i) {
      const auto& [id, count] = result_.untrusted_rules[i];
      words += (i == 0 ? "" : ", ") + with_separators(count) + " × " + id;
    }
    if (result_.untrusted_rules.size() > kListedNames) words += " …";
    return words.empty() ? words : words + "\n";
  }

  void write_remarks(std::size_t hidden, std::size_t brief) {
    std::vector<Item> items;
    const auto remark = [&](std::string lead, std::string why) {
      items.push_back({.lead = std::move(lead), .remark = {}, .details = {{"", std::move(why)}}});
    };
    const auto remark_on = [&](std::uint64_t count, std::string_view one, std::string_view many,
                               std::string why) {
      if (count > 0) remark(counted(say_, count, one, many), std::move(why));
    };
    remark_on(brief, "remark.brief_one", "remark.brief_many", say_("remark.brief_why"));
    remark_on(hidden, "remark.hidden_one", "remark.hidden_many", say_("remark.hidden_why"));
    remark_on(result_.untrusted, "remark.untrusted_one", "remark.untrusted_many",
              untrusted_words() + say_("remark.untrusted_why"));
    remark_on(result_.forged, "remark.forged_one", "remark.forged_many", say_("remark.forged_why"));
    remark_on(result_.overflow, "remark.overflow_one", "remark.overflow_many",
              say_("remark.overflow_why"));
    remark_on(result_.overlong, "remark.overlong_one", "remark.overlong_many",
              say_("remark.overlong_why"));
    for (const ScannedLog& log : result_.logs) {
      if (log.looks_like_nginx || !log.error.empty()) continue;
      remark(say_("remark.other_log", {{"name", name_of(log)}}), say_("remark.other_log_why"));
    }
    if (result_.incidents.empty() && result_.lines() > 0)
      remark(say_("remark.unlogged"), say_("remark.unlogged_why"));
    if (items.empty()) return;
    page_.section(say_("remark.heading"));
    page_.list(ListStyle::bullets, items);
  }

  Document& page_;
  const ScanResult& result_;
  const KnowledgeBase& base_;
  Language language_;
  Texts say_;
  const std::optional<Time> ended_at_;   ///< of the logs
  std::vector<const Incident*> faults_;  ///< that are listed
  bool is_one_day_ = false;
  std::size_t top_, detailed_;
  std::unordered_map<std::string_view, const match::Rule*> rules_;
};

}  // namespace

void write_scan_report(Document& page, const ScanResult& result, const KnowledgeBase& base,
                       const ScanReportOptions& options) {
  ScanReport(page, result, base, options).write();
}

}  // namespace handshaked::cli
