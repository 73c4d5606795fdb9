#pragma once

#include "ingest/log_tail.h"

namespace handshaked::runtime {

/// Says in the daemon's log what happened to a followed log file: a warning where lines were lost,
/// or may be; with the remedy where it may not be read.
void log_tail_event(const ingest::TailEvent& event);

}  // namespace handshaked::runtime
