#pragma once

namespace handshaked::cli {

/// What the process answers. Scripts and the unit file rely on these numbers.
inline constexpr int kExitDone = 0;
inline constexpr int kExitNothing = 1;  ///< nothing matched, nothing known, or --fail-on was met
inline constexpr int kExitUsage = 2;
inline constexpr int kExitUnavailable = 69;  ///< the daemon cannot be reached
inline constexpr int kExitInternal = 70;  ///< a fault of ours, or output that could not be written
inline constexpr int kExitConfiguration = 78;  ///< a bad rule or configuration

}  // namespace handshaked::cli
