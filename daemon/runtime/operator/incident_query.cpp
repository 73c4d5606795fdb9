#include "runtime/operator/incident_query.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <unordered_map>

#include "base/json/json_writer.h"
#include "correlate/incident_title.h"
#include "correlate/urgency.h"
#include "parse/time_zone.h"

namespace handshaked::runtime {
namespace {

using correlate::Incident;

constexpr std::array<std::string_view, 6> kFacets{"severity", "side",     "cause",
                                                  "server",   "upstream", "host"};
constexpr std::size_t kMostChoices = 100;
constexpr std::size_t kLongestFilter = 300;

std::string lower(std::string text) {
  for (char& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return text;
}

/// What an incident has for each facet; hosts and servers may be several.
std::vector<std::string_view> values_of(const Incident& incident, std::size_t facet) {
  const auto one = [](std::string_view value) {
    return value.empty() ? std::vector<std::string_view>() : std::vector{value};
  };
  switch (facet) {
    case 0: return one(match::to_string(incident.severity));
    case 1: return one(parse::to_string(incident.place.side));
    case 2: return one(incident.cause());
    case 3: {
      std::vector<std::string_view> servers(incident.servers.begin(), incident.servers.end());
      return servers.empty() ? one(incident.place.server.get()) : servers;
    }
    case 4: return one(incident.place.peer);
    default: return {incident.hosts.begin(), incident.hosts.end()};
  }
}

bool has_words(const Incident& incident, const std::string& words) {
  std::string text = incident.id + "\n" + correlate::incident_title(incident, Language::en) + "\n" +
                     correlate::incident_title(incident, Language::zh) + "\n" + incident.cause() +
                     "\n" + incident.rule_id.get() + "\n" + incident.place.name.get();
  for (const std::string& server : incident.servers) text.append("\n").append(server);
  for (const std::string& host : incident.hosts) text.append("\n").append(host);
  return lower(std::move(text)).find(words) != std::string::npos;
}

bool has_status(const ListedIncident& row, IncidentQuery::Status wanted) {
  const bool is_resolved = row.incident->status == correlate::Status::resolved;
  switch (wanted) {
    case IncidentQuery::Status::open: return !is_resolved;
    case IncidentQuery::Status::silenced: return !is_resolved && row.is_silenced;
    case IncidentQuery::Status::resolved: return is_resolved;
    case IncidentQuery::Status::all: break;
  }
  return true;
}

class Facets {
 public:
  explicit Facets(const IncidentQuery& query)
      : wanted_{query.severity, query.side, query.cause, query.server, query.upstream, query.host} {
  }

  /// Whether all filters let it through. It counts for a filter when all the others do.
  bool take(const Incident& incident) {
    std::array<std::vector<std::string_view>, kFacets.size()> values;
    std::size_t refused = 0;
    std::size_t refuser = 0;
    for (std::size_t i = 0; i < kFacets.size() && refused < 2; ++i) {
      values[i] = values_of(incident, i);
      if (wanted_[i].empty() ||
          std::find(values[i].begin(), values[i].end(), wanted_[i]) != values[i].end())
        continue;
      ++refused;
      refuser = i;
    }
    if (refused > 1) return false;
    for (std::size_t i = 0; i < kFacets.size(); ++i) {
      if (refused == 1 && i != refuser) continue;
      for (const std::string_view value : values[i]) ++counts_[i][value];
    }
    return refused == 0;
  }

  std::size_t count_of_cause(std::string_view cause) const {
    const auto found = counts_[2].find(cause);
    return found == counts_[2].end() ? 0 : found->second;
  }

  std::string json() const {
    std::string out;
    JsonWriter json(out);
    json.begin_object();
    for (std::size_t i = 0; i < kFacets.size(); ++i) {
      std::vector<std::pair<std::string_view, std::size_t>> rows(counts_[i].begin(),
                                                                 counts_[i].end());
      std::sort(rows.begin(), rows.end(), [](const auto& a, const auto& b) {
        return a.second != b.second ? a.second > b.second : a.first < b.first;
      });
      if (rows.size() > kMostChoices) rows.resize(kMostChoices);
      json.key(kFacets[i]).begin_array();
      for (const auto& [value, count] : rows)
        json.begin_array().value(value).value(count).end_array();
      json.end_array();
    }
    json.end_object();
    return out;
  }

 private:
  std::array<std::string, kFacets.size()> wanted_;
  std::array<std::unordered_map<std::string_view, std::size_t>, kFacets.size()> counts_;
};

std::size_t number_of(const std::string& text, std::size_t otherwise) {
  std::size_t number = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  return failure == std::errc() && end == text.data() + text.size() ? number : otherwise;
}

}  // namespace

IncidentQuery::Sort sort_named(std::string_view name) {
  using enum IncidentQuery::Sort;
  static constexpr std::pair<std::string_view, IncidentQuery::Sort> kNames[] = {
      {"rate", rate},   {"since", since}, {"last", last},
      {"count", count}, {"hosts", hosts}, {"title", title}};
  const auto* const found = std::find_if(std::begin(kNames), std::end(kNames),
                                         [name](const auto& one) { return one.first == name; });
  return found == std::end(kNames) ? severity : found->second;
}

void sort_listed(std::vector<ListedIncident>& rows, IncidentQuery::Sort sort, Time now,
                 Language language) {
  struct Keyed {
    ListedIncident row;
    correlate::Urgency urgency;
    std::string title;  ///< made only where it counts: there may be a hundred thousand
  };
  std::vector<Keyed> keyed;
  keyed.reserve(rows.size());
  for (const ListedIncident& row : rows)
    keyed.push_back({row, correlate::urgency_of(*row.incident, now),
                     sort == IncidentQuery::Sort::title
                         ? correlate::incident_title(*row.incident, language)
                         : std::string()});
  const auto worse = [](const Keyed& a, const Keyed& b) {
    return correlate::is_worse(a.urgency, b.urgency);
  };
  const auto by = [&](auto key) {
    std::stable_sort(keyed.begin(), keyed.end(), [&](const Keyed& a, const Keyed& b) {
      const auto left = key(a), right = key(b);
      return left != right ? left > right : worse(a, b);
    });
  };
  switch (sort) {
    case IncidentQuery::Sort::severity: std::stable_sort(keyed.begin(), keyed.end(), worse); break;
    case IncidentQuery::Sort::rate: by([](const Keyed& one) { return one.urgency.rate; }); break;
    case IncidentQuery::Sort::since:
      by([](const Keyed& one) { return one.row.incident->opened_at; });
      break;
    case IncidentQuery::Sort::last:
      by([](const Keyed& one) { return one.row.incident->last_seen_at; });
      break;
    case IncidentQuery::Sort::count:
      by([](const Keyed& one) { return one.row.incident->count; });
      break;
    case IncidentQuery::Sort::hosts:
      by([](const Keyed& one) { return one.row.incident->hosts.size(); });
      break;
    case IncidentQuery::Sort::title:
      std::stable_sort(keyed.begin(), keyed.end(), [&](const Keyed& a, const Keyed& b) {
        return a.title != b.title ? a.title < b.title : worse(a, b);
      });
      break;
  }
  for (std::size_t i = 0; i < rows.size(); ++i) rows[i] = keyed[i].row;
}

IncidentQuery IncidentQuery::read(const std::function<std::string(std::string_view)>& parameter,
                                  Language language) {
  const auto text = [&](std::string_view name) {
    return parameter(name).substr(0, kLongestFilter);
  };
  IncidentQuery query;
  query.language = language;
  query.search = lower(text("q"));
  const std::string status = text("status");
  query.status = status == "silenced"   ? Status::silenced
                 : status == "resolved" ? Status::resolved
                 : status == "all"      ? Status::all
                                        : Status::open;
  query.severity = text("severity");
  query.side = text("side");
  query.cause = text("cause");
  query.server = text("server");
  query.upstream = text("upstream");
  query.host = text("host");
  query.sort = sort_named(text("sort"));
  query.is_reversed = text("order") == "reverse";
  query.by_cause = text("group") == "cause";
  query.offset = number_of(text("offset"), 0);
  query.limit = std::clamp<std::size_t>(number_of(text("limit"), 50), 1, kMostRows);
  return query;
}

IncidentPage find_page(const std::vector<ListedIncident>& all, const IncidentQuery& query,
                       Time now) {
  IncidentPage page;
  Facets facets(query);
  std::vector<ListedIncident> rows;
  for (const ListedIncident& row : all) {
    if (!has_status(row, query.status)) continue;
    if (!query.search.empty() && !has_words(*row.incident, query.search)) continue;
    if (facets.take(*row.incident)) rows.push_back(row);
  }
  sort_listed(rows, query.sort, now, query.language);
  if (query.is_reversed) std::reverse(rows.begin(), rows.end());
  if (query.by_cause) {
    std::stable_sort(rows.begin(), rows.end(),
                     [&](const ListedIncident& a, const ListedIncident& b) {
                       const std::string &left = a.incident->cause(), &right = b.incident->cause();
                       if (left == right) return false;
                       const std::size_t left_count = facets.count_of_cause(left),
                                         right_count = facets.count_of_cause(right);
                       return left_count != right_count ? left_count > right_count : left < right;
                     });
  }
  page.total = rows.size();
  const std::size_t begin = std::min(query.offset, rows.size());
  const std::size_t end = std::min(begin + query.limit, rows.size());
  page.rows.assign(rows.begin() + static_cast<std::ptrdiff_t>(begin),
                   rows.begin() + static_cast<std::ptrdiff_t>(end));
  page.facets_json = facets.json();
  return page;
}

void append_row(std::string& out, const ListedIncident& row,
                const std::vector<std::uint64_t>& spark, Language language, Time now) {
  const Incident& incident = *row.incident;
  const bool is_resolved = incident.status == correlate::Status::resolved;
  JsonWriter json(out);
  json.begin_object()
      .member("id", incident.id.text())
      .member("title", correlate::incident_title(incident, language));
  json.member("severity", match::to_string(incident.severity))
      .member("status", is_resolved ? "resolved" : "open");
  json.member("silenced", row.is_silenced).member("flapping", incident.flapping);
  json.member("verified", incident.fix_verified_at.has_value() && !is_resolved);
  json.member("cause", incident.cause()).member("diagnosed", incident.diagnosis != nullptr);
  json.member("confidence",
              incident.diagnosis ? incident.diagnosis->confidence : incident.likelihood);
  json.member("proved", incident.diagnosis && incident.diagnosis->proved);
  json.member("side", parse::to_string(incident.place.side))
      .optional_member("upstream", incident.place.peer);
  json.member("opened_at", parse::format_rfc3339(incident.opened_at))
      .member("last_seen_at", parse::format_rfc3339(incident.last_seen_at));
  if (incident.resolved_at)
    json.member("resolved_at", parse::format_rfc3339(*incident.resolved_at));
  json.member("count", incident.count)
      .member("rate_per_minute", correlate::present_rate(incident, now));
  json.member("clients", correlate::distinct_clients(incident))
      .member("hosts", incident.hosts.size());
  json.array("spark", spark).end_object();
}

}  // namespace handshaked::runtime
