#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "engine/group_engine.h"
#include "engine/record_log.h"

namespace handshaked::engine {

/// A group on a log that takes everything: what counts of it, its order says (record_fold.h).
/// Partitions 0 to `partitions` - 1 of the log hold the partitions' states, the next one holds the
/// keys.
///
/// Where the own record stands directly behind what was read, it counts, and nothing has to be
/// read: an entry costs one request. Else what stands between is read. Behind
/// `records_between_keys` records of keys, all keys are told again, and what stood before is
/// dropped.
std::unique_ptr<GroupEngine> make_log_group(std::unique_ptr<RecordLog> records,
                                            std::uint32_t partitions,
                                            std::uint64_t records_between_keys = 1000);

}  // namespace handshaked::engine
