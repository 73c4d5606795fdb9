#pragma once

#include <string_view>

#include "telemetry/message_id.h"

namespace handshaked::telemetry {

enum class LogLevel { debug, info, warning, error };

/// What a message is about, as far as whoever writes it knows. In the journal these are fields to
/// match on
/// (`journalctl HANDSHAKED_RECEIVER=ops`); on stderr the message alone is printed, so it names them
/// too.
struct LogAbout {
  MessageId id = {};               ///< MESSAGE_ID, of messages that an administrator would wait for
  std::string_view incident = {};  ///< HANDSHAKED_INCIDENT
  std::string_view rule = {};      ///< HANDSHAKED_RULE
  std::string_view receiver = {};  ///< HANDSHAKED_RECEIVER
  std::string_view source = {};    ///< HANDSHAKED_SOURCE: a log's path, or the name of a listener
  bool is_record =
      false;  ///< what an operator did, or must put right, and where we connected to: always said
};

/// Where in the program something is said. std::source_location is what clang 14 does not have.
struct LogPlace {
  const char* file = "";
  unsigned line = 0;
  static constexpr LogPlace here(const char* file = __builtin_FILE(),
                                 unsigned line = __builtin_LINE()) {
    return {file, line};
  }
};

/// The daemon's own log. Started by systemd with its journal on stderr it goes there with fields,
/// by the journal's own protocol (sd_journal_sendv(3)); else, and where the journal does not
/// listen, to stderr, a line a message. Thread-safe.
///
/// A message is one line whatever is in it: control characters of strangers, line feeds among them,
/// are shown as escapes (base/text/visible_text.h). Messages hold no secrets and no raw log text of
/// strangers.
///
/// After limit_rates(), each place in the program says at most 20 things about one receiver or
/// source in 30 seconds; what was not said is counted, and the count is said with the next message
/// after that (log_limiter.h).
void log(LogLevel level, std::string_view message, const LogAbout& about = {},
         LogPlace place = LogPlace::here());
void set_log_level(LogLevel least);
/// "debug", "info", "warning" or "error", as the configuration writes them; info for anything else.
LogLevel level_named(std::string_view name);

/// From now on: what is wrong at start is always said in full, and programs that end by themselves
/// never hide anything.
void limit_rates();
/// Says what has been held back of classes whose 30 seconds are over, which every message does too;
/// of `all`: at the end.
void tell_suppressed(bool all = false);

inline void log_info(std::string_view message, const LogAbout& about = {},
                     LogPlace place = LogPlace::here()) {
  log(LogLevel::info, message, about, place);
}
inline void log_warning(std::string_view message, const LogAbout& about = {},
                        LogPlace place = LogPlace::here()) {
  log(LogLevel::warning, message, about, place);
}
inline void log_error(std::string_view message, const LogAbout& about = {},
                      LogPlace place = LogPlace::here()) {
  log(LogLevel::error, message, about, place);
}

}  // namespace handshaked::telemetry
