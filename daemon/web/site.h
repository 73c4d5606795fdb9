#pragma once

#include <boost/asio/any_io_executor.hpp>

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/language.h"
#include "telemetry/metrics.h"
#include "web/event_feed.h"
#include "web/web_answer.h"

namespace handshaked::web {

/// What is at which path: the page (app_files.h), what it asks for (/api/), /metrics, /healthz,
/// /readyz. Loop thread only. Each answer is made once a second at most, however many ask: what is
/// younger is given again, and who asks meanwhile waits for the same one.
class Site {
 public:
  /// What it needs of the daemon around it.
  struct Daemon {
    /// The metrics as they are now, given later on the loop thread: the database is asked, for a
    /// bounded time.
    std::function<void(std::function<void(const telemetry::Metrics&)>)> ask_figures;
    /// What is below /api/, as JSON: bounded, and redacted as for receivers.
    std::function<void(const net::HttpRequest&, Language,
                       std::function<void(unsigned status, std::string json)>)>
        ask_api;
  };
  struct Options {
    bool has_page = true;              ///< false: neither the page nor /api/
    Language language = Language::en;  ///< where the browser prefers none of ours
    std::chrono::milliseconds keep{1000};
    std::chrono::milliseconds keep_api{300};
  };

  /// `feed` says when /api/ has something new; nullptr: nobody can listen for that.
  Site(Daemon daemon, Options options, std::shared_ptr<EventFeed> feed = {})
      : daemon_(std::move(daemon)), options_(options), feed_(std::move(feed)) {}

  void answer(const net::HttpRequest& request, WebReply reply);

 private:
  static constexpr std::size_t kMostKept = 64;

  struct Kept {
    WebAnswer answer;
    std::chrono::steady_clock::time_point made_at{};
    bool is_there = false;
    std::vector<WebReply> waiting;
  };
  /// Answers with what is kept under `key`, else notes who waits. True: it has to be made.
  bool has_to_be_made(const std::string& key, std::chrono::milliseconds keep, WebReply reply);
  void finish(const std::string& key, WebAnswer answer);
  void make_room();
  void answer_api(const net::HttpRequest& request, WebReply reply);
  void answer_event_feed(WebReply reply) const;
  static WebAnswer make(const std::string& path, const telemetry::Metrics& metrics);

  Daemon daemon_;
  Options options_;
  std::shared_ptr<EventFeed> feed_;
  std::map<std::string, Kept> kept_;
};

/// The first of our languages that an Accept-Language header names, by its weights; `otherwise`
/// when it names none.
Language preferred_language(std::string_view accept_language, Language otherwise);

}  // namespace handshaked::web
