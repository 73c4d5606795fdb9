#include "cli/log/scan_report.h"

#include <algorithm>
#include <functional>
#include <map>
#include <unordered_map>

#include "base/text/rate_text.h"
#include "cli/document/words.h"
#include "cli/knowledge/advice_section.h"
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

std::string joined(const std::vector<std::string>& names, Language language) {
  std::string text;
  for (std::size_t i = 0; i < names.size() && i < kListedNames; ++i) {
    if (i != 0) text += say(language, ", ", "、");
    text += names[i].empty() ? std::string(say(language, "(no name)", "（无名）")) : names[i];
  }
  if (names.size() > kListedNames) text += " … +" + std::to_string(names.size() - kListedNames);
  return text;
}

class ScanReport {
 public:
  ScanReport(Document& page, const ScanResult& result, const KnowledgeBase& base, const ScanReportOptions& options)
      : page_(page),
        result_(result),
        base_(base),
        language_(options.language),
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
    for (std::size_t i = 0; i < std::min(detailed_, faults_.size()); ++i) write_incident(*faults_[i], i + 1);
    write_noise();
    write_remarks(hidden, faults_.size() - std::min(detailed_, faults_.size()));
  }

 private:
  std::string_view say(std::string_view en, std::string_view zh) const { return cli::say(language_, en, zh); }
  std::string text(std::string_view en, std::string_view zh) const { return std::string(say(en, zh)); }
  std::string times(std::uint64_t number, std::string_view one, std::string_view many, std::string_view zh) const {
    return counted(language_, number, one, many, zh);
  }
  std::string time(Time at, bool with_offset = false) const { return time_words(at, result_.offset, with_offset); }

  /// As the daemon lists them, seen from the log's end; but what had become quiet by then is no better.
  void find_faults() {
    std::vector<std::pair<correlate::Urgency, const Incident*>> ranked;
    for (const Incident& incident : result_.incidents) {
      if (incident.noise) continue;
      ranked.emplace_back(correlate::urgency_of(incident, ended_at_.value_or(incident.last_seen_at)), &incident);
      ranked.back().first.is_over = false;
    }
    std::stable_sort(ranked.begin(), ranked.end(), [](const auto& a, const auto& b) { return correlate::is_worse(a.first, b.first); });
    for (const auto& one : ranked) faults_.push_back(one.second);
  }

  void write_headline() {
    const std::uint64_t critical = result_.count_of(match::Severity::critical);
    const std::uint64_t warning = result_.count_of(match::Severity::warning);
    const std::uint64_t info = result_.count_of(match::Severity::info);
    const std::uint64_t faults = critical + warning + info;
    const bool nothing_was_read =
        result_.lines() == 0 && std::all_of(result_.logs.begin(), result_.logs.end(), [](const auto& log) { return !log.error.empty(); });
    if (nothing_was_read) page_.title(say("handshaked scan: no log could be read", "handshaked scan：没有能读取的日志"));
    else if (faults == 0) page_.title(say("handshaked scan: no TLS fault found", "handshaked scan：没有发现 TLS 故障"));
    else page_.title(text("handshaked scan: ", "handshaked scan：") + times(faults, "TLS fault", "TLS faults", "个 TLS 故障"));
    std::vector<Fact> facts = log_facts();
    add_span(facts);
    facts.push_back({text("Recognised", "识别"),
                     language_ == Language::zh ? with_separators(result_.lines()) + " 行中的 " + with_separators(result_.matched) + " 行"
                                               : with_separators(result_.matched) + " of " + times(result_.lines(), "line", "lines", "")});
    if (faults > 0) {
      facts.push_back({text("Faults", "故障"), std::to_string(critical) + text(" critical, ", " 个严重，") + std::to_string(warning) +
                                                   text(" warning, ", " 个警告，") + std::to_string(info) + text(" info", " 个提示")});
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
    return std::string(correlate::severity_mark(incident.severity)) + " " + std::string(severity_word(language_, incident.severity));
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
             time(one->last_seen_at).substr(0, 10) == time(faults_.front()->opened_at).substr(0, 10);
    });
    Table table{.columns = {{"#", true},
                            {text("SEVERITY", "级别")},
                            {text("FAULT", "故障")},
                            {text("LIKELY CAUSE", "可能原因")},
                            {text("LINES", "行数"), true},
                            {text("LINES/MIN", "行/分钟"), true},
                            {text("FIRST", "首次")},
                            {text("LAST", "最近")},
                            {text("OVER TIME", "走势")}},
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
    page_.note(say("LINES/MIN: lines a minute in the last five minutes of the log.", "行/分钟：日志最后五分钟内的每分钟行数。"));
  }

  /// Lines over time by fault: the most frequent ones, and what is left together.
  void write_chart() {
    const FaultRates& rates = result_.rates;
    if (rates.spans() < 2) return;
    std::vector<const Incident*> frequent = faults_;
    std::stable_sort(frequent.begin(), frequent.end(), [](const Incident* a, const Incident* b) { return a->count > b->count; });
    Chart chart{.title = text("Lines over time, in spans of ", "随时间的行数，每格 ") + duration_words(language_, rates.span()),
                .begin = time(rates.begin()),
                .end = time(rates.begin() + rates.span() * static_cast<std::int64_t>(rates.spans()), true),
                .spans = {},
                .kinds = {}};
    for (std::size_t i = 0; i < rates.spans(); ++i)
      chart.spans.push_back(time(rates.begin() + rates.span() * static_cast<std::int64_t>(i)));
    std::vector<std::uint64_t> rest(rates.spans(), 0);
    for (std::size_t i = 0; i < frequent.size(); ++i) {
      const std::vector<std::uint64_t> counts = rates.of(frequent[i]->fingerprint.text());
      if (i < kCharted) chart.kinds.push_back({correlate::incident_title(*frequent[i], language_), counts});
      else std::transform(rest.begin(), rest.end(), counts.begin(), rest.begin(), std::plus<>());
    }
    if (frequent.size() > kCharted) chart.kinds.push_back({text("all others", "其余"), rest});
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
    std::stable_sort(places.begin(), places.end(), [](const auto& a, const auto& b) { return a.second.lines > b.second.lines; });
    if (places.size() > kListedPlaces) places.resize(kListedPlaces);
    page_.heading(say("Where most lines come from", "行数最多的位置"));
    Table table{
        .columns = {{text("PLACE", "位置")}, {text("FAULTS", "故障数"), true}, {text("LINES", "行数"), true}}, .rows = {}, .lead = 1};
    for (const auto& [place, sum] : places)
      table.rows.push_back({std::nullopt, {{place}, {with_separators(sum.faults)}, {with_separators(sum.lines)}}});
    page_.table(table);
  }

  std::string name_of(const ScannedLog& log) const { return log.name == "-" ? text("standard input", "标准输入") : log.name; }

  std::vector<Fact> log_facts() const {
    std::vector<Fact> facts;
    for (const ScannedLog& log : result_.logs) {
      if (facts.size() == kListedLogs) {
        facts.push_back({"", text("… and ", "……另有 ") + times(result_.logs.size() - kListedLogs, "more log", "more logs", "个日志")});
        break;
      }
      std::string what = name_of(log) + " (" + size_words(log.bytes) + ", " + times(log.lines, "line", "lines", "行") + ")";
      if (!log.error.empty()) what = text("NOT READ COMPLETELY: ", "未能读完：") + log.error;
      facts.push_back({facts.empty() ? text("Read", "已读") : std::string(), what});
    }
    return facts;
  }

  void add_span(std::vector<Fact>& facts) const {
    std::optional<Time> first, last;
    for (const ScannedLog& log : result_.logs) {
      if (log.first_time) first = first ? std::min(*first, log.first_time->utc) : log.first_time->utc;
      if (log.last_time) last = last ? std::max(*last, log.last_time->utc) : log.last_time->utc;
    }
    if (!first || !last || *last < *first) return;
    facts.push_back({text("Log time", "日志时间"),
                     time(*first) + text(" to ", " 至 ") + time(*last, true) + " (" + duration_words(language_, *last - *first) + ")"});
  }

  void write_incident(const Incident& incident, std::size_t number) {
    const auto found = rules_.find(incident.rule_id);
    const match::Rule* const rule = found == rules_.end() ? nullptr : found->second;
    page_.fault(incident.severity, std::to_string(number) + ". " + severity(incident), correlate::incident_title(incident, language_));
    page_.facts(incident_facts(incident));
    std::size_t hidden = 0;
    if (rule != nullptr) {
      const LineAdvice advice = advice_about(*rule, correlate::advice_facts(incident.place), base_.knowledge, language_);
      if (advice.candidates.empty() && !advice.root_cause.empty()) page_.paragraph(advice.root_cause);
      hidden = write_advice(page_, advice, kBestAdvice, language_);
    }
    if (!incident.sample_lines.empty()) {
      page_.heading(say("A line of it", "样例日志行"));
      page_.verbatim(event::redacted_line(incident.sample_lines.front(), false));
    }
    page_.heading(say("Next", "下一步"));
    if (hidden > 0) {
      page_.note(text("For everything that is known about it (", "查看全部内容（另有 ") + std::to_string(hidden) +
                 text(" more cures and dead ends):", " 条处理办法与误区）："));
    } else {
      page_.note(say("For everything that is known about it:", "查看全部内容："));
    }
    page_.verbatim("handshaked explain " + incident.rule_id.get());
  }

  std::string place_name(const correlate::Place& place) const {
    if (!place.peer.empty()) return place.peer;
    if (!place.server.empty()) return place.server;
    if (!place.object.empty()) return place.object;
    return std::string(side_words(language_, place.side));
  }

  std::vector<Fact> incident_facts(const Incident& incident) const {
    const correlate::Place& place = incident.place;
    std::vector<Fact> facts;
    facts.push_back({text("Where", "位置"), where_words(place)});
    if (!place.name.empty()) facts.push_back({text("Name", "名称"), place.name});
    if (!incident.servers.empty() && !(incident.servers.size() == 1 && incident.servers.front() == place_name(place))) {
      facts.push_back({text("Servers", "虚拟主机"), joined(incident.servers, language_)});
    }
    facts.push_back({text("Seen", "出现"), seen_words(incident)});
    if (incident.status == correlate::Status::resolved) {
      facts.push_back(
          {text("Now", "现状"), text("quiet at the end of the log: over, or no traffic", "日志末尾已安静：可能已恢复，也可能没有流量")});
    }
    if (correlate::distinct_clients(incident) > 0) facts.push_back({text("Clients", "客户端"), client_words(incident)});
    std::vector<std::string> hosts = incident.hosts;
    std::erase(hosts, "");
    if (!hosts.empty()) facts.push_back({text("Hosts", "主机"), joined(hosts, language_)});
    for (const correlate::Consequence& consequence : incident.consequences) {
      facts.push_back({text("Led to", "后果"), with_separators(consequence.count) + " × " + consequence.title});
    }
    facts.push_back({text("Rule", "规则"), incident.rule_id});
    return facts;
  }

  std::string where_words(const correlate::Place& place) const {
    std::string words(side_words(language_, place.side));
    const std::string colon = text(": ", "：");
    if (!place.peer.empty()) words += colon + (place.scheme.empty() ? "" : place.scheme.get() + "://") + place.peer;
    else if (place.side == parse::Side::client && !place.server.empty()) words += colon + place.server.get();
    if (!place.object.empty()) words += colon + place.object.get();
    return words;
  }

  std::string seen_words(const Incident& incident) const {
    std::string words = times(incident.count, "time", "times", "次");
    if (incident.count == 1) return words + text(", at ", "，于 ") + time(incident.opened_at, true);
    words += text(", from ", "，从 ") + time(incident.opened_at) + text(" to ", " 到 ") + time(incident.last_seen_at, true);
    const Duration lifetime = incident.last_seen_at - incident.opened_at;
    if (lifetime >= std::chrono::minutes(1)) {
      const double minutes = static_cast<double>(lifetime.count()) / 6e7;
      words += text(" (", "（") + duration_words(language_, lifetime) + text(", on average ", "，平均 ") +
               rate_text(static_cast<double>(incident.count) / minutes) + text(" lines/min)", " 行/分钟）");
    }
    return words;
  }

  std::string client_words(const Incident& incident) const {
    std::vector<std::string> networks;
    for (const std::string& client : incident.clients.sample()) {
      const std::string network = event::masked_address(client);
      if (!network.empty() && std::find(networks.begin(), networks.end(), network) == networks.end()) networks.push_back(network);
    }
    std::string words = times(correlate::distinct_clients(incident), "address", "addresses", "个地址");
    if (!networks.empty()) words += text(", for example in ", "，例如 ") + joined(networks, language_);
    return words;
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
    std::sort(noise.begin(), noise.end(), [](const Incident* a, const Incident* b) { return a->count > b->count; });
    page_.section(text("Noise: ", "噪声：") + times(lines, "line", "lines", "行"));
    page_.note(say("Normally scanners and impatient clients; never notified. Look closer only if real users complain.",
                   "通常来自扫描器或提前断开的客户端，从不通知；只有真实用户报障时才需要细看。"));
    std::vector<Item> items;
    for (const Incident* incident : noise) {
      if (items.size() == kListedNoise) break;
      std::string lead = with_separators(incident->count) + " × " +
                         (language_ == Language::zh && !incident->title_zh.empty() ? incident->title_zh : incident->title).get();
      items.push_back({.lead = std::move(lead), .remark = place_name(incident->place) + "; " + incident->rule_id.get(), .details = {}});
    }
    page_.list(ListStyle::bullets, items);
    if (noise.size() > kListedNoise)
      page_.note(text("… and ", "……另有 ") + times(noise.size() - kListedNoise, "more kind", "more kinds", "类"));
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
    const auto remark = [&](std::string lead, std::string_view why) {
      items.push_back({.lead = std::move(lead), .remark = {}, .details = {{"", std::string(why)}}});
    };
    if (brief > 0) {
      remark(times(brief, "fault is only in the table", "faults are only in the table", "个故障只列在表中"),
             say("--all tells everything about each.", "用 --all 查看每个故障的详情。"));
    }
    if (hidden > 0) {
      remark(times(hidden, "more fault is not shown", "more faults are not shown", "个故障未列出"),
             say("Raise --top to see them.", "用更大的 --top 查看。"));
    }
    if (result_.untrusted > 0) {
      remark(times(result_.untrusted, "recognised line is not trusted", "recognised lines are not trusted", "行已识别但不可信"),
             untrusted_words() + text("A stranger may have written them, they lack nginx's own header, or only the configuration can tell "
                                      "whether TLS is concerned; they are in no "
                                      "fault above. `handshaked match` shows them with \"trusted\":false.",
                                      "可能出自外人之手、缺少 nginx 行首，或需结合配置才能判断是否与 TLS 有关，因此不计入以上故障。用 "
                                      "handshaked match 可看到它们（\"trusted\":false）。"));
    }
    if (result_.forged > 0) {
      remark(times(result_.forged, "forged line was ignored", "forged lines were ignored", "行伪造内容已忽略"),
             say("Clients put line feeds into their requests to forge lines that look like nginx's.",
                 "客户端在请求中夹带换行，伪造出类似 nginx 的日志行。"));
    }
    if (result_.overflow > 0) {
      remark(times(result_.overflow, "line is in no fault", "lines are in no fault", "行未归入故障"),
             say("There were more different faults than are kept.", "不同故障的数量超过上限。"));
    }
    if (result_.overlong > 0) {
      remark(times(result_.overlong, "overlong line was cut", "overlong lines were cut", "行过长被截断"),
             say("nginx writes no line beyond 2 KiB.", "nginx 的日志行不会超过 2 KiB。"));
    }
    for (const ScannedLog& log : result_.logs) {
      if (log.looks_like_nginx || !log.error.empty()) continue;
      remark(name_of(log) + text(" does not look like an nginx error log", " 不像 nginx 错误日志"),
             say("None of its first lines has nginx's header (2026/11/21 02:58:15 [error] 9#9: …). Is it the access log?",
                 "开头各行都没有 nginx 行首（2026/11/21 02:58:15 [error] 9#9: …），是不是访问日志？"));
    }
    if (result_.incidents.empty() && result_.lines() > 0) {
      remark(text("What a log cannot show", "日志看不到的"),
             say("nginx writes most faults of client handshakes at level info; with \"error_log FILE error\", the default, they are never "
                 "written.",
                 "nginx 把大多数客户端握手失败记为 info 级；默认的 \"error_log FILE error\" 下根本不会写出。"));
    }
    if (items.empty()) return;
    page_.section(say("Remarks", "说明"));
    page_.list(ListStyle::bullets, items);
  }

  Document& page_;
  const ScanResult& result_;
  const KnowledgeBase& base_;
  Language language_;
  const std::optional<Time> ended_at_;   ///< of the logs
  std::vector<const Incident*> faults_;  ///< that are listed
  bool is_one_day_ = false;
  std::size_t top_, detailed_;
  std::unordered_map<std::string_view, const match::Rule*> rules_;
};

}  // namespace

void write_scan_report(Document& page, const ScanResult& result, const KnowledgeBase& base, const ScanReportOptions& options) {
  ScanReport(page, result, base, options).write();
}

}  // namespace handshaked::cli
