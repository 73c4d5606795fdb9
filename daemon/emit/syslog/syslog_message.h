#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "emit/notifier.h"

namespace handshaked::emit {

/// The facilities of RFC 5424 that operators give to daemons.
enum class SyslogFacility {
  user = 1,
  daemon = 3,
  authpriv = 10,
  local0 = 16,
  local1 = 17,
  local2 = 18,
  local3 = 19,
  local4 = 20,
  local5 = 21,
  local6 = 22,
  local7 = 23,
};

struct SyslogFormat {
  SyslogFacility facility = SyslogFacility::daemon;
  std::string hostname;  ///< empty: "-"
  std::string process_id;
  bool byte_order_mark =
      false;  ///< RFC 5424 wants it before UTF-8; many collectors show it as garbage
  std::size_t limit_bytes = 2048;
};

/// What people read: the summary, the cause, the first fix and the command that shows it. One line.
std::string told_line(const event::RemediationEvent& event);

/// The event as an entry of systemd's journal, each field "NAME=value": MESSAGE, a MESSAGE_ID for
/// each kind, and the facts as HANDSHAKED_INCIDENT=, HANDSHAKED_RULE=, HANDSHAKED_CAUSE= and so on,
/// to match on. Control characters become spaces. Pure.
std::vector<std::string> journal_entry(const event::RemediationEvent& event,
                                       SyslogFacility facility);

/// The event as one RFC 5424 message: `<PRI>1 TIME HOST handshaked PID MSGID [handshaked@32473 …]
/// summary`. Control characters become spaces and bytes that are not UTF-8 U+FFFD, so that no text
/// of a log can begin a message of its own. Of the room that the header leaves, the summary may
/// have half even if there are many facts. What exceeds the limit is left out: the end of the
/// summary, cut at a character, and whole facts from the last on. Pure.
std::string format_syslog(const event::RemediationEvent& event, const SyslogFormat& format);

}  // namespace handshaked::emit
