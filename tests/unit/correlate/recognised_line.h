#pragma once

#include <chrono>
#include <cstdio>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "analysis.h"
#include "correlate/failure_fold.h"
#include "match/rule_file.h"
#include "match/rule_set.h"

namespace handshaked::correlate {

/// A few rules as the knowledge base has them: one of each kind.
inline std::shared_ptr<const match::RuleSet> some_rules() {
  const auto rule = [](const std::string& id, const std::string& regex, const std::string& side,
                       const std::string& kind, const std::string& severity,
                       const std::string& noise) {
    return "{\"id\":\"" + id + "\",\"signature\":\"" + id + "\",\"regex\":\"" + regex +
           "\",\"side\":\"" + side + "\",\"kind\":\"" + kind + "\",\"severity\":\"" + severity +
           "\",\"noise\":" + noise + ",\"causes\":[{\"cause\":\"some_cause\",\"likelihood\":0.6}]}";
  };
  match::LoadedRules loaded;
  match::read_rules(
      "[" +
          rule("t/verify-20", "upstream SSL certificate verify error: .20:", "upstream", "fault",
               "warning", "false") +
          "," +
          rule("t/name", "upstream SSL certificate does not match", "upstream", "fault", "critical",
               "false") +
          "," +
          rule("t/verify-10", "upstream SSL certificate verify error: .10:", "upstream", "fault",
               "critical", "false") +
          "," +
          rule("t/closed", "peer closed connection in SSL handshake", "upstream", "transport",
               "warning", "false") +
          "," +
          rule("t/no-live", "no live upstreams", "upstream", "consequence", "critical", "false") +
          "," +
          rule("t/disabled", "upstream server temporarily disabled", "upstream", "consequence",
               "warning", "false") +
          "," +
          rule("t/app-closed", "upstream prematurely closed connection", "upstream", "transport",
               "info", "true") +
          "," +
          rule("t/alert-48", "SSL_do_handshake.. failed .*alert number 48", "client", "fault",
               "info", "true") +
          "]",
      "rules.json", loaded);
  return std::make_shared<const match::RuleSet>(std::move(loaded.rules));
}

/// The moment of "2026/11/21 02:00:00" in UTC, and so many seconds later.
inline Time at(double seconds) {
  const std::chrono::year_month_day date{std::chrono::year(2026), std::chrono::month(11),
                                         std::chrono::day(21)};
  return Time(std::chrono::sys_days(date) + std::chrono::hours(2)) +
         std::chrono::duration_cast<Duration>(std::chrono::duration<double>(seconds));
}

/// An upstream line so many seconds after 02:00:00, of a connection that no other message is about.
inline std::string upstream_line(unsigned seconds, const std::string& message,
                                 const std::string& peer = "10.0.0.1:8443",
                                 const std::string& server = "gw",
                                 const std::string& client = "192.0.2.7") {
  char clock[32];
  std::snprintf(clock, sizeof clock, "%02u:%02u:%02u", 2 + seconds / 3600, seconds / 60 % 60,
                seconds % 60);
  return std::string("2026/11/21 ") + clock + " [error] 9#9: *" +
         std::to_string(std::hash<std::string>()(message) % 1'000'000 + seconds) + " " + message +
         " while SSL handshaking to upstream, client: " + client + ", server: " + server +
         ", request: \"GET / HTTP/1.1\", upstream: \"https://" + peer + "/\", host: \"gw\"\n";
}

/// Reads a log as the daemon does, and folds it.
class Reading {
 public:
  explicit Reading(std::shared_ptr<const match::RuleSet> rules)
      : fold_(rules, "error.log"), analysis_(rules, parse::TimeZone::named("UTC").value()) {}
  FailureBatch read(const std::string& lines) {
    analysis_.consume({.bytes = lines, .before = {}, .offset = {offset_}}, fold_);
    offset_ += lines.size();
    return fold_.take();
  }
  FailureFold& fold() { return fold_; }

 private:
  FailureFold fold_;
  LineAnalysis analysis_;
  std::uint64_t offset_ = 0;
};

}  // namespace handshaked::correlate
