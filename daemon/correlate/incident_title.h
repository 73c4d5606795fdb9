#pragma once

#include <string>

#include "base/language.h"
#include "correlate/incident.h"

namespace handshaked::correlate {

/// From so much confidence on a diagnosis speaks for the incident; with less its cause is a
/// candidate, and is told as one.
inline constexpr double kSure = 0.8;

/// Where it is, as people say it: "shop.example → 10.0.0.5:8443", "clients → shop.example",
/// "/etc/nginx/nginx.conf:12".
std::string incident_place(const Incident& incident, Language language);

/// What is told of an incident in one line, everywhere: "shop.example → 10.0.0.5:8443: the
/// certificate CN=a expired on 2026-11-21". The diagnosis speaks where it is sure, else the line
/// alone. Holds text of strangers: to be cleaned and escaped like a log line.
std::string incident_title(const Incident& incident, Language language);

}  // namespace handshaked::correlate
