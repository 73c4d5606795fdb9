#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "config/network_source.h"
#include "receive/record/field_names.h"

namespace handshaked::config {

/// [[http]]
struct HttpSource {
  NetworkSource network;
  std::vector<std::string> token_files;  ///< each holds one; several while they are exchanged
  receive::FieldNames fields;
  std::vector<std::string> journal_units{"nginx.service"};  ///< of what systemd-journal-upload sends: whose entries are read
  std::vector<std::string> journal_identifiers;             ///< the same by SYSLOG_IDENTIFIER
  std::uint32_t max_body_mib = 64;
  std::chrono::milliseconds idle_timeout{75'000};

  bool operator==(const HttpSource&) const = default;
};

}  // namespace handshaked::config
