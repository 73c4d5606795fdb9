#pragma once

#include <chrono>
#include <optional>
#include <string>

namespace handshaked::runtime {

/// Tells the service manager how we are (sd_notify(3)). Without one, nothing happens.
void notify_ready(const std::string& status);
/// One line for `systemctl status`.
void notify_status(const std::string& status);
void notify_reloading();
void notify_stopping();
void notify_watchdog();

/// How often notify_watchdog() is wanted: half of what the unit allows; nothing when it has no
/// watchdog.
std::optional<std::chrono::microseconds> watchdog_interval();

}  // namespace handshaked::runtime
