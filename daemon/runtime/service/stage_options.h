#pragma once

#include <memory>
#include <string>

#include "config/config.h"
#include "correlate/correlator.h"
#include "runtime/diagnosis/calendar.h"
#include "runtime/diagnosis/diagnosis_scheduler.h"
#include "runtime/diagnosis/nginx_view.h"

namespace handshaked::runtime {

// The configuration in the words of each stage. Pure, but for the host's name.

correlate::CorrelatorOptions correlator_options(const config::Config& config);
DiagnosisSchedulerOptions diagnosis_scheduler_options(const config::Config& config);
CalendarOptions calendar_options(const config::Config& config);
/// Of this host's nginx; shared by the stages that look at it. Nothing is read yet.
std::shared_ptr<NginxView> nginx_view(const config::Config& config);

}  // namespace handshaked::runtime
