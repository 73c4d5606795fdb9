#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "telemetry/log.h"

namespace handshaked::telemetry {

/// Does systemd's journal read our stderr? systemd.exec(5), JOURNAL_STREAM: the variable alone is
/// not enough, stderr may have been redirected since.
bool is_stderr_the_journal();

/// The fields of one entry, each "NAME=value". Values may hold any byte: the journal's protocol
/// counts them.
std::vector<std::string> journal_fields(LogLevel level, std::string_view message,
                                        const LogAbout& about);

/// Hands one entry to the journal; false when it does not take it.
bool send_to_journal(const std::vector<std::string>& fields);

}  // namespace handshaked::telemetry
