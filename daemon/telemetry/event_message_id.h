#pragma once

#include "telemetry/message_id.h"

namespace handshaked::telemetry {
namespace message_id {

// Of events that are told to the journal, one for each kind.
inline constexpr MessageId incident_opened{"7d8f2a0c4b934ef3a2b6c1d09e5f7a31"};     ///< an event, told to the journal
inline constexpr MessageId incident_reopened{"0b6e9c47d1f84a25938d7e02c4ab5f16"};   ///< the same
inline constexpr MessageId incident_diagnosed{"5c21e7f8a9044d6bb3f01d8e6279ac40"};  ///< the same
inline constexpr MessageId incident_updated{"e94d03b57a684c1f8d52f6a0b7c31e89"};    ///< the same
inline constexpr MessageId incident_resolved{"a18b5de2063f4e79917c4d20f8b6e35c"};   ///< the same

}  // namespace message_id
}  // namespace handshaked::telemetry
