#pragma once

#include <optional>

#include "base/clock.h"
#include "receive/intake.h"
#include "receive/record/field_names.h"

namespace handshaked::receive {

/// Gives what was picked out of a structured record to an intake. False when the record has no
/// text: then nothing is added. `time` is the protocol's own, which wins over what the record says.
bool add_picked(Intake& intake, const FieldPicker& picked, std::optional<Time> time = std::nullopt);

}  // namespace handshaked::receive
