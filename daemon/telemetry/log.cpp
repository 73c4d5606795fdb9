#include "telemetry/log.h"

#include <spdlog/logger.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <cstdlib>
#include <memory>

namespace handshaked::telemetry {
namespace {

/// sd-daemon(3): a line that begins with "<4>" gets that priority in the journal, which also adds the time.
constexpr const char* kJournalPatterns[] = {"<7>%v", "<6>%v", "<4>%v", "<3>%v"};
constexpr const char* kPlainPattern = "%Y-%m-%dT%H:%M:%S.%e%z %l: %v";

spdlog::level::level_enum to_spdlog(LogLevel level) {
  switch (level) {
    case LogLevel::debug: return spdlog::level::debug;
    case LogLevel::info: return spdlog::level::info;
    case LogLevel::warning: return spdlog::level::warn;
    case LogLevel::error: return spdlog::level::err;
  }
  return spdlog::level::err;
}

/// One logger a level: in the journal each has a prefix of its own.
struct Loggers {
  Loggers() {
    const bool journal = std::getenv("JOURNAL_STREAM") != nullptr;
    for (std::size_t i = 0; i < 4; ++i) {
      auto sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
      sink->set_pattern(journal ? kJournalPatterns[i] : kPlainPattern);
      by_level[i] = std::make_shared<spdlog::logger>("handshaked", std::move(sink));
      by_level[i]->set_level(spdlog::level::info);
    }
  }
  std::shared_ptr<spdlog::logger> by_level[4];
};

Loggers& loggers() {
  static Loggers instance;
  return instance;
}

}  // namespace

void log(LogLevel level, std::string_view message) {
  loggers().by_level[static_cast<std::size_t>(level)]->log(to_spdlog(level), spdlog::string_view_t(message.data(), message.size()));
}

void set_log_level(LogLevel least) {
  for (auto& logger : loggers().by_level) logger->set_level(to_spdlog(least));
}

}  // namespace handshaked::telemetry
