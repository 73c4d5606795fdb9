#include "telemetry/journal.h"

// The journal would be told the place in our source by libsystemd's macros: of no use to those who
// read it.
#define SD_JOURNAL_SUPPRESS_LOCATION
#include <systemd/sd-journal.h>

#include <sys/stat.h>
#include <sys/uio.h>
#include <syslog.h>
#include <unistd.h>

#include <charconv>
#include <cstdlib>
#include <utility>

namespace handshaked::telemetry {
namespace {

int priority_of(LogLevel level) {
  switch (level) {
    case LogLevel::debug: return LOG_DEBUG;
    case LogLevel::info: return LOG_INFO;
    case LogLevel::warning: return LOG_WARNING;
    case LogLevel::error: return LOG_ERR;
  }
  return LOG_ERR;
}

}  // namespace

bool is_stderr_the_journal() {
  const char* const stream = std::getenv("JOURNAL_STREAM");
  if (stream == nullptr) return false;
  const std::string_view text(stream);
  const auto colon = text.find(':');
  if (colon == std::string_view::npos) return false;
  const auto matches = [](std::string_view digits, auto number) {
    decltype(number) value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    return error == std::errc() && end == digits.data() + digits.size() && value == number;
  };
  struct stat status {};
  return fstat(STDERR_FILENO, &status) == 0 && matches(text.substr(0, colon), status.st_dev) &&
         matches(text.substr(colon + 1), status.st_ino);
}

std::vector<std::string> journal_fields(LogLevel level, std::string_view message,
                                        const LogAbout& about) {
  std::vector<std::string> fields;
  const auto add = [&fields](std::string_view name, std::string_view value) {
    if (!value.empty()) fields.push_back(std::string(name).append("=").append(value));
  };
  add("MESSAGE", message);
  add("PRIORITY", std::to_string(priority_of(level)));
  add("SYSLOG_IDENTIFIER", "handshaked");
  add("MESSAGE_ID", about.id.hex);
  add("HANDSHAKED_INCIDENT", about.incident);
  add("HANDSHAKED_RULE", about.rule);
  add("HANDSHAKED_RECEIVER", about.receiver);
  add("HANDSHAKED_SOURCE", about.source);
  return fields;
}

bool send_to_journal(const std::vector<std::string>& fields) {
  std::vector<iovec> pieces;
  pieces.reserve(fields.size());
  for (const std::string& field : fields)
    pieces.push_back({.iov_base = const_cast<char*>(field.data()), .iov_len = field.size()});
  return sd_journal_sendv(pieces.data(), static_cast<int>(pieces.size())) >= 0;
}

}  // namespace handshaked::telemetry
