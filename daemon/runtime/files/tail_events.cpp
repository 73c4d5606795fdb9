#include "runtime/files/tail_events.h"

#include <string>

#include "diagnose/host/file_access.h"
#include "telemetry/log.h"

namespace handshaked::runtime {

void log_tail_event(const ingest::TailEvent& event) {
  using Kind = ingest::TailEvent::Kind;
  std::string text = std::string(to_string(event.kind)) + ": " + event.path;
  if (!event.detail.empty()) text += ": " + event.detail;
  if (event.lost_bytes && *event.lost_bytes > 0)
    text += " (" + std::to_string(*event.lost_bytes) + " bytes were never read)";
  if (event.kind == Kind::unreadable) {
    if (const auto problem = diagnose::access_problem(event.path, diagnose::this_process()))
      text += "; " + problem->text.en + "; " + problem->remedy.en + "; retrying";
  }
  const bool is_bad = event.kind == Kind::unreadable || event.kind == Kind::damaged ||
                      event.kind == Kind::lost_track ||
                      (event.kind == Kind::truncated && event.lost_bytes.value_or(1) > 0);
  const bool is_lost = event.kind == Kind::lost_track || event.lost_bytes.value_or(0) > 0;
  telemetry::log(is_bad ? telemetry::LogLevel::warning : telemetry::LogLevel::info, text,
                 {.id = is_lost ? telemetry::message_id::log_lost : telemetry::MessageId(),
                  .source = event.path});
}

}  // namespace handshaked::runtime
