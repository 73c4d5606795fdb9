#pragma once

#include <optional>
#include <string>
#include <vector>

#include "diagnose/calendar/calendar_entry.h"
#include "diagnose/case/surroundings.h"
#include "diagnose/diagnosis.h"
#include "diagnose/host/file_access.h"
#include "diagnose/host/installed_nginx.h"
#include "match/knowledge.h"
#include "match/rule.h"
#include "nginx/error_log_inventory.h"

namespace handshaked::diagnose {

/// One thing that is wrong, or will be. A value.
struct Finding {
  std::string id;  ///< stable words: "verification-off", "certificate-expires", …: see
                   ///< systemd/guide/diagnose.md
  match::Severity severity = match::Severity::info;
  Text text;    ///< what is the matter
  Text advice;  ///< what to do; may be empty
  std::string file;
  std::uint32_t line = 0;  ///< 0: the file as a whole
};

struct DoctorOptions {
  std::chrono::hours horizon{21 * 24};  ///< what ends within so long is told
  std::size_t most_upstreams = 200;
  const RunningNginx* running = nullptr;  ///< nullptr: none was found
  std::string service_user;               ///< whom the daemon runs as, for words
  std::optional<Reader> service;          ///< and what it may read; nothing: there is no such user
};

/// One place to which nginx writes errors.
struct CheckedLog {
  nginx::NamedErrorLog log;
  bool is_there = false;   ///< a file that exists
  bool is_closed = false;  ///< the service may not read it, as far as modes tell
};

/// The state of a host's nginx before anything breaks. A value.
struct Doctor {
  std::vector<Finding> findings;        ///< the most severe first
  std::vector<CalendarEntry> calendar;  ///< what is to end, whenever that is, the next first
  std::vector<CheckedLog> logs;
  std::vector<Text> unseen;   ///< what could not be looked at, and why
  std::size_t upstreams = 0;  ///< looked at
  std::size_t upstreams_working = 0;
  std::size_t files = 0;         ///< certificate, key, CRL files that were read
  std::size_t certificates = 0;  ///< in them
  std::size_t listeners = 0;
};

/// Looks at configuration, files, and upstreams as far as surroundings.prober allows.
/// surroundings.nginx must be there. Blocks until the surroundings' deadline at most.
Doctor check_up(const Surroundings& surroundings, const match::Knowledge& knowledge,
                const DoctorOptions& options);

}  // namespace handshaked::diagnose
