#pragma once

#include "diagnose/certificates/certificate.h"
#include "diagnose/doctor/checkup.h"

namespace handshaked::diagnose {

// What check_up() is made of, a file each; each adds to the Doctor.

/// Complaints of the reader, verification that is off.
void check_configuration(const Surroundings& surroundings, Doctor& checkup);
/// The running nginx: what was changed since it loaded, a program or OpenSSL that was replaced
/// under it.
void check_running(const Surroundings& surroundings, const DoctorOptions& options, Doctor& checkup);
/// The TLS library under nginx, where it is another than ours.
void check_library(const Surroundings& surroundings, Doctor& checkup);
/// Where errors go, levels that hide faults, and what the service may not read.
void check_logs(const Surroundings& surroundings, const DoctorOptions& options, Doctor& checkup);
/// Every file that a TLS directive names: readable, PEM, not about to expire, own chains complete.
void check_files(const Surroundings& surroundings, const DoctorOptions& options, Doctor& checkup);
/// Every upstream with TLS as nginx would reach it now, and what its chain will do.
void check_upstreams(const Surroundings& surroundings, const match::Knowledge& knowledge,
                     const DoctorOptions& options, Doctor& checkup);

/// "2026-12-01 (in 9 days)", "2026-11-01 (19 days ago)".
Text day_text(Time at, Time now);
/// Has ended, or ends within the horizon? Nothing when neither.
struct Ending {
  bool has_ended = false;
  Text when;
};
std::optional<Ending> ending_of(Time not_after, Time now, std::chrono::hours horizon);

}  // namespace handshaked::diagnose
