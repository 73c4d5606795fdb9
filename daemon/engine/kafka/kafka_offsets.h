#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"

namespace handshaked::engine {

/// A topic's name and the number of a partition.
using KafkaPartition = std::pair<std::string, std::int32_t>;
/// Of each partition the offset of the message that is read next.
using KafkaOffsets = std::map<KafkaPartition, std::int64_t>;

/// "v1 nginx-errors/0=17 nginx-errors/1=0": what the database keeps.
std::string text_of(const KafkaOffsets& offsets);
/// Fails with invalid_input for what text_of() never gives.
Result<KafkaOffsets> parse_kafka_offsets(std::string_view text);

/// Where reading of a partition begins that has become ours.
struct KafkaStart {
  std::int64_t offset = 0;
  enum class Because {
    known,      ///< we, or another member of the group, had read up to there
    unread,     ///< nobody had read it
    removed,    ///< what is wanted is not there any more: retention was shorter than our absence
    made_again  ///< there are fewer messages than were read: it is another topic of that name
  } because = Because::known;
};

/// `ours` and `committed`: the next offset by our database and by the group, -1 for none. `low` and
/// `high`: of the first message that there is, and of the first that there is not yet.
KafkaStart kafka_start(std::int64_t ours, std::int64_t committed, std::int64_t low,
                       std::int64_t high, bool from_start);

}  // namespace handshaked::engine
