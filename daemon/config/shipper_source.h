#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "config/network_source.h"
#include "receive/record/field_names.h"

namespace handshaked::config {

/// [[forward]]: Fluentd's Forward protocol.
struct ForwardSource {
  NetworkSource network;
  receive::FieldNames fields;
  std::string shared_key_file;             ///< empty: no handshake is asked for
  std::string users_file;                  ///< lines NAME:PASSWORD; goes with shared_key_file
  std::uint32_t max_record = 1024 * 1024;  ///< bytes; larger ones are skipped
  std::chrono::milliseconds idle_timeout{std::chrono::hours(1)};

  bool operator==(const ForwardSource&) const = default;
};

/// [[lumberjack]]: Beats, Elastic Agent, logstash-forwarder.
struct LumberjackSource {
  NetworkSource network;
  receive::FieldNames fields;
  std::uint32_t max_record = 1024 * 1024;
  std::chrono::milliseconds idle_timeout{std::chrono::hours(1)};

  bool operator==(const LumberjackSource&) const = default;
};

}  // namespace handshaked::config
