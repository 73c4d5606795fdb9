#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/language.h"
#include "correlate/correlator.h"
#include "diagnose/calendar/calendar_entry.h"
#include "net/http/http_request.h"
#include "notify/dispatcher.h"
#include "runtime/operator/incident_query.h"
#include "runtime/service/rule_base.h"
#include "store/database/store_thread.h"
#include "telemetry/metrics.h"

namespace handshaked::runtime {

/// What the page of live incidents asks for, as JSON (web/README.md has the paths): lists, one
/// incident, the timeline, how the daemon is. Everything is redacted as for receivers that are not
/// shown clients. Loop thread only; what the database has to say comes later.
class PageApi {
 public:
  struct Parts {
    const correlate::Correlator& correlator;
    const notify::Dispatcher& dispatcher;
    store::StoreThread& store;
    std::function<const RuleBase&()> rules;
    std::string command_options;  ///< see event::EventOptions
    std::function<std::vector<Time>()>
        reloads;  ///< when nginx loaded its configuration, as far as it was seen
    std::function<std::vector<diagnose::CalendarEntry>()>
        ends;  ///< what is to end on this host, the next first
    std::function<void(std::function<void(const telemetry::Metrics&)>)> ask_figures;
    std::function<void(std::function<void()>)> on_loop;  ///< runs it on the loop thread
  };
  using Reply = std::function<void(unsigned status, std::string json)>;

  explicit PageApi(Parts parts) : parts_(std::move(parts)) {}

  /// `request.path` begins with "/api/". `reply` is called once, possibly later.
  void answer(const net::HttpRequest& request, Language language, Reply reply) const;
  /// A page of the list alone.
  void list(const IncidentQuery& query, Reply reply) const;

 private:
  using Resolved = std::vector<correlate::Incident>;

  void show(const std::string& id, Language language, Reply reply) const;
  void timeline(std::int64_t hours, Language language, Reply reply) const;
  void fleet(Language language, Reply reply) const;
  void status(Reply reply) const;

  std::vector<ListedIncident> live(Time now) const;
  void finish_list(const IncidentQuery& query, const Resolved& resolved, Reply reply) const;
  std::string data_of(const correlate::Incident& incident, Language language) const;
  /// Runs `ask` on the store thread, and `then` on the loop with what it gave.
  template <class Answer>
  void ask_store(std::function<Answer(store::Database&)> ask, std::function<void(Answer)> then,
                 const Reply& reply) const;

  Parts parts_;
};

}  // namespace handshaked::runtime
