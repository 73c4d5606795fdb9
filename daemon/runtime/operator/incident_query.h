#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/language.h"
#include "correlate/incident.h"

namespace handshaked::runtime {

/// What part of the incidents somebody wants to see, and in which order: search, filters, sorting,
/// one page. Pure.
struct IncidentQuery {
  enum class Status { open, silenced, resolved, all };
  enum class Sort { severity, rate, since, last, count, hosts, title };

  std::string search;  ///< in titles, names, addresses, causes, ids; without case
  Status status = Status::open;
  std::string severity, side, cause, server, upstream, host;  ///< empty: any
  Sort sort = Sort::severity;
  bool is_reversed = false;
  bool by_cause = false;  ///< those of one cause together, the most frequent first
  std::size_t offset = 0, limit = 50;
  Language language = Language::en;

  static constexpr std::size_t kMostRows = 200;
  /// Reads it from parameters; what is unknown counts as not given.
  static IncidentQuery read(const std::function<std::string(std::string_view)>& parameter,
                            Language language);
};

/// An incident as it is listed.
struct ListedIncident {
  const correlate::Incident* incident = nullptr;
  bool is_silenced = false;
};

struct IncidentPage {
  std::size_t total = 0;
  std::vector<ListedIncident> rows;
  /// {"severity":[["critical",3],…],"cause":[…],…}: of each filter what it could be set to, and how
  /// many rows it would leave.
  std::string facets_json;
};

IncidentPage find_page(const std::vector<ListedIncident>& all, const IncidentQuery& query,
                       Time now);

/// Which is worst now (correlate::Urgency)? Another key goes before that. What is over comes last,
/// but where times are compared.
void sort_listed(std::vector<ListedIncident>& rows, IncidentQuery::Sort sort, Time now,
                 Language language);
/// "severity", "rate", …; anything else is severity.
IncidentQuery::Sort sort_named(std::string_view name);

/// {"id":…,"title":…} of one row; `spark` is its sparkline.
void append_row(std::string& out, const ListedIncident& row,
                const std::vector<std::uint64_t>& spark, Language language, Time now);

}  // namespace handshaked::runtime
