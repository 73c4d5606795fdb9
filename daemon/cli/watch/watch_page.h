#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/language.h"
#include "base/result.h"

namespace handshaked::cli {

/// One incident of a page of the daemon's list, as "incidents.page" gives it. Texts are harmless to
/// a terminal.
struct WatchedIncident {
  std::string id, title, severity, status, cause;
  std::string opened_at, last_seen_at;  ///< RFC 3339
  bool is_silenced = false, is_flapping = false, is_verified = false;
  bool is_diagnosed = false, is_proved = false;
  double confidence = 0, rate = 0;
  std::uint64_t count = 0, hosts = 0;
  std::vector<std::uint64_t> spark;  ///< of the last 24 hours
};

struct WatchedPage {
  std::string now;  ///< the daemon's clock
  std::uint64_t total = 0;
  std::vector<WatchedIncident> incidents;
};

Result<WatchedPage> read_watched_page(std::string_view json);

/// "open", "resolved", with what else there is to say: "silenced", "comes and goes", "passes
/// again".
std::string state_words(const WatchedIncident& incident, Language language);
/// "3 min": from one RFC 3339 time to another.
std::string age_words(const std::string& from, const std::string& to, Language language);
/// "certificate-expired", "wrong-ca? 70%": the cause that was found, or one that is no more than
/// likely.
std::string cause_words(const WatchedIncident& incident);

}  // namespace handshaked::cli
