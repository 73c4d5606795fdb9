#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "base/language.h"
#include "cli/document/document.h"
#include "diagnose/host/nginx_at_hand.h"
#include "match/rule.h"

namespace handshaked::cli {

struct DoctorOptions {
  diagnose::NginxPlace nginx;
  bool no_probe = false;
  long days = 21;  ///< what expires within so many days is told
  std::string service_user =
      "handshaked";  ///< whom the service runs as: what it cannot read is told
  std::string rules_directory;
  Language language = Language::en;
  ReportFormat format = ReportFormat::text;  ///< ics: what ends when
  std::optional<match::Severity> fail_on;
};

/// `handshaked doctor`: looks at a host's nginx before anything breaks. Gives the exit code.
int run_doctor(const DoctorOptions& options);

}  // namespace handshaked::cli
