#pragma once

#include <string>
#include <vector>

#include "base/language.h"
#include "diagnose/doctor/checkup.h"

namespace handshaked::cli {

/// What ends when, as iCalendar (RFC 5545): an event for each, with a reminder two weeks and one a
/// day before. The same thing has the same UID in every file, so that a calendar that subscribes to
/// one keeps each event once.
std::string calendar_file(const std::vector<diagnose::CalendarEntry>& entries, Time now,
                          Language language);

}  // namespace handshaked::cli
