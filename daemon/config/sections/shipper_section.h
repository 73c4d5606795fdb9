#pragma once

#include "config/config.h"
#include "config/table_reader.h"

namespace handshaked::config {

/// Read one [[forward]] or [[lumberjack]] table and add what it describes to `config`.
void read_forward(TableReader& table, Config& config);
void read_lumberjack(TableReader& table, Config& config);

/// The keys text_fields, host_fields and time_fields.
void read_field_names(TableReader& table, receive::FieldNames& names);

}  // namespace handshaked::config
