#pragma once

#include <string_view>

namespace handshaked::telemetry {

/// MESSAGE_ID of a message in the journal (systemd.journal-fields(7)): never changes, whatever its
/// words do. Each is explained in systemd/handshaked.catalog, which `journalctl -x` shows.
struct MessageId {
  std::string_view hex = {};  ///< 32 digits; empty: none
};

namespace message_id {

inline constexpr MessageId ready{"3f3228bdc512476aa662ab7d31a0a398"};  ///< all sources are followed
inline constexpr MessageId reload_refused{
    "e13ea449438447db878d067b511bef45"};  ///< a reload was refused
inline constexpr MessageId database_failing{
    "832c21400fcf4867888e5610b56bcaf5"};  ///< events wait in memory
inline constexpr MessageId database_recovered{
    "2b88f853768a499bbcf03ac93a86ff3c"};  ///< and are written again
inline constexpr MessageId database_replaced{
    "2694c2576bfd49259fe5904df2857612"};  ///< a damaged one was put aside
inline constexpr MessageId receiver_down{"a60fbb809ed7463eafd404586917f309"};  ///< its events wait
inline constexpr MessageId receiver_back{"0a1dfd1b9ccf46649dcbdfd40ba12667"};  ///< and are sent
inline constexpr MessageId receiver_disabled{
    "0213f0a589fa4689b0a4afd1c9a91d5b"};  ///< it said that it is gone
inline constexpr MessageId dead_letter{
    "1004c1d9486046b5b5e1f565c72e29a2"};  ///< an event was given up
inline constexpr MessageId log_lost{
    "0b4f078094cb42728a7147fe292193d9"};  ///< bytes of a log were never read
inline constexpr MessageId source_silent{
    "727b180f4af64132aa7e7d280581bf3f"};  ///< nothing comes any more
inline constexpr MessageId source_back{"79e48cc91bb141eca000a4e9bb48cec2"};  ///< it sends again
inline constexpr MessageId probe{
    "6006fa1013ff49e597baa7540147a2e0"};  ///< we have connected to a peer
inline constexpr MessageId operator_act{
    "1e11bd8b374e4738aab83c484062b20d"};  ///< somebody used the control socket to change something
inline constexpr MessageId suppressed{
    "882e3a4758df44b286b6c0d9cd9eb865"};  ///< messages were held back

// Of events that are told to the journal, one for each kind.
inline constexpr MessageId incident_opened{
    "7d8f2a0c4b934ef3a2b6c1d09e5f7a31"};  ///< an event, told to the journal
inline constexpr MessageId incident_reopened{"0b6e9c47d1f84a25938d7e02c4ab5f16"};   ///< the same
inline constexpr MessageId incident_diagnosed{"5c21e7f8a9044d6bb3f01d8e6279ac40"};  ///< the same
inline constexpr MessageId incident_updated{"e94d03b57a684c1f8d52f6a0b7c31e89"};    ///< the same
inline constexpr MessageId incident_resolved{"a18b5de2063f4e79917c4d20f8b6e35c"};   ///< the same

}  // namespace message_id
}  // namespace handshaked::telemetry
