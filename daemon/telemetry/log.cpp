#include "telemetry/log.h"

#include <spdlog/logger.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <array>
#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "base/text/visible_text.h"
#include "telemetry/journal.h"
#include "telemetry/log_limiter.h"

namespace handshaked::telemetry {
namespace {

/// sd-daemon(3): a line that begins with "<4>" gets that priority in the journal, which also adds
/// the time.
constexpr std::array kJournalPatterns = {"<7>%v", "<6>%v", "<4>%v", "<3>%v"};
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

/// The place in the program, and what it speaks about: a receiver that fails must not silence
/// another.
std::string class_of(const LogAbout& about, LogPlace place) {
  std::string name = std::string(place.file) + ':' + std::to_string(place.line);
  for (const std::string_view part : {about.receiver, about.source}) name.append("\n").append(part);
  return name;
}

class Log {
 public:
  Log() : is_journal_(is_stderr_the_journal()) {
    // One logger a level: in the journal each has a prefix of its own.
    for (std::size_t i = 0; i < by_level_.size(); ++i) {
      auto sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
      sink->set_pattern(is_journal_ ? kJournalPatterns[i] : kPlainPattern);
      by_level_[i] = std::make_shared<spdlog::logger>("handshaked", std::move(sink));
      by_level_[i]->set_level(spdlog::level::trace);  // log() decides
    }
  }

  void set_least(LogLevel least) { least_ = least; }

  void say(LogLevel level, std::string_view message, const LogAbout& about, LogPlace place) {
    if (level < least_) return;
    const std::string text = visible_text(message);
    if (!may_say(level, text, about, place)) return;
    write(level, text, about);
  }

  void limit_rates() {
    const std::scoped_lock lock(mutex_);
    limiter_.emplace();
  }

  void tell_suppressed(bool all) {
    for (const LogLimiter::Held& held : take_held(all)) {
      const std::string text = std::to_string(held.count) +
                               (held.count == 1 ? " message was" : " messages were") +
                               " held back, the last of them: " + held.text;
      write(static_cast<LogLevel>(held.level), text, {.id = message_id::suppressed});
    }
  }

 private:
  bool may_say(LogLevel level, std::string_view text, const LogAbout& about, LogPlace place) {
    if (about.is_record) return true;
    {
      const std::scoped_lock lock(mutex_);
      if (!limiter_) return true;
    }
    tell_suppressed(false);
    const std::scoped_lock lock(mutex_);
    return limiter_->may_say(class_of(about, place), static_cast<int>(level), text,
                             LogLimiter::Time::clock::now());
  }

  std::vector<LogLimiter::Held> take_held(bool all) {
    const std::scoped_lock lock(mutex_);
    return limiter_ ? limiter_->take_held(LogLimiter::Time::clock::now(), all)
                    : std::vector<LogLimiter::Held>();
  }

  void write(LogLevel level, const std::string& text, const LogAbout& about) {
    if (is_journal_ && send_to_journal(journal_fields(level, text, about))) return;
    by_level_[static_cast<std::size_t>(level)]->log(to_spdlog(level), spdlog::string_view_t(text));
  }

  const bool is_journal_;
  std::array<std::shared_ptr<spdlog::logger>, 4> by_level_;
  std::atomic<LogLevel> least_ = LogLevel::info;
  std::mutex mutex_;  // guards limiter_
  std::optional<LogLimiter> limiter_;
};

Log& the_log() {
  static Log instance;
  return instance;
}

}  // namespace

void log(LogLevel level, std::string_view message, const LogAbout& about, LogPlace place) {
  the_log().say(level, message, about, place);
}

LogLevel level_named(std::string_view name) {
  return name == "debug"     ? LogLevel::debug
         : name == "warning" ? LogLevel::warning
         : name == "error"   ? LogLevel::error
                             : LogLevel::info;
}

void set_log_level(LogLevel least) { the_log().set_least(least); }

void limit_rates() { the_log().limit_rates(); }

void tell_suppressed(bool all) { the_log().tell_suppressed(all); }

}  // namespace handshaked::telemetry
