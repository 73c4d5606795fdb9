#pragma once

#include <string_view>

#include "receive/record/field_names.h"

namespace handshaked::receive {

/// Offers the strings of a MessagePack map to `picker`, which is cleared first. `map` holds one whole value. False when it is no
/// map. Objects are entered only where a name leads into them, so depth is bounded by the names.
bool pick_pack_fields(std::string_view map, FieldPicker& picker);

}  // namespace handshaked::receive
