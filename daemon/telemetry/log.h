#pragma once

#include <string>
#include <string_view>

namespace handshaked::telemetry {

enum class LogLevel { debug, info, warning, error };

/// The daemon's own log: to stderr, where systemd's journal takes it (with priorities by "<N>" prefixes when
/// JOURNAL_STREAM says that it listens). Thread-safe. Messages hold no secrets and no raw log text of strangers.
void log(LogLevel level, std::string_view message);
void set_log_level(LogLevel least);

inline void log_debug(std::string_view message) { log(LogLevel::debug, message); }
inline void log_info(std::string_view message) { log(LogLevel::info, message); }
inline void log_warning(std::string_view message) { log(LogLevel::warning, message); }
inline void log_error(std::string_view message) { log(LogLevel::error, message); }

}  // namespace handshaked::telemetry
