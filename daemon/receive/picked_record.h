#pragma once

#include <optional>
#include <string>

#include "base/clock.h"
#include "receive/field_names.h"
#include "receive/intake.h"

namespace handshaked::receive {

/// Gives what was picked out of a structured record to an intake. False when the record has no text: then nothing is added. `time`
/// is the protocol's own, which wins over what the record says.
bool add_picked(Intake& intake, const FieldPicker& picked, std::optional<Time> time = std::nullopt);

/// "2026-11-21T02:58:15.123456Z". Times before 1970 or behind the year 9999 give nothing.
std::string rfc3339_text(Time time);

}  // namespace handshaked::receive
