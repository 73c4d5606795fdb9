#pragma once

#include <boost/asio/any_io_executor.hpp>

#include <chrono>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "base/language.h"
#include "telemetry/metrics.h"
#include "web/web_answer.h"

namespace handshaked::web {

/// What is at which path: / (the page of live incidents), /api/incidents, /metrics, /healthz, /readyz. Loop thread only. Each answer is
/// made once a second at most, however many ask: what is younger is given again, and who asks meanwhile waits for the same one.
class Site {
 public:
  /// What it needs of the daemon around it.
  struct Daemon {
    /// The figures as they are now, given later on the loop thread: the database is asked, for a bounded time.
    std::function<void(std::function<void(const telemetry::Metrics&)>)> ask_figures;
    /// {"total":N,"incidents":[…]}: open incidents as receivers get them, bounded and redacted.
    std::function<std::string(Language)> incidents;
  };
  struct Options {
    bool has_page = true;              ///< false: neither the page nor /api/incidents
    Language language = Language::en;  ///< where the browser prefers none of ours
    std::chrono::milliseconds keep{1000};
  };

  Site(Daemon daemon, Options options) : daemon_(std::move(daemon)), options_(options) {}

  void answer(const net::HttpRequest& request, WebReply reply);

 private:
  enum class Part { page_en, page_zh, incidents_en, incidents_zh, metrics, health, readiness };
  struct Kept {
    WebAnswer answer;
    std::chrono::steady_clock::time_point made_at{};
    bool is_there = false;
    std::vector<WebReply> waiting;
  };
  WebAnswer make(Part part, const telemetry::Metrics& figures) const;

  Daemon daemon_;
  Options options_;
  std::map<Part, Kept> kept_;
};

/// The first of our languages that an Accept-Language header names, by its weights; `otherwise` when it names none.
Language preferred_language(std::string_view accept_language, Language otherwise);

}  // namespace handshaked::web
