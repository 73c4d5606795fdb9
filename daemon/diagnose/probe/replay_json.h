#pragma once

#include <string>
#include <vector>

#include "base/json/json_writer.h"
#include "base/result.h"
#include "diagnose/certificates/json_value.h"
#include "diagnose/tls/chain_replay.h"

namespace handshaked::diagnose {

/// A replay as it crosses to the child process: certificates and CRLs by the numbers under which
/// the child has them (see child_material.h), everything else by value.
struct ReplayOrder {
  ReplayInput settings;  ///< without certificates and CRLs
  std::vector<std::size_t> chain;
  std::vector<std::size_t> trusted;
  std::vector<std::size_t> crls;
};

void write_replay(JsonWriter& json, const ReplayOrder& order);
ReplayOrder read_replay(const JsonValue& json);
void write_replay_result(JsonWriter& json, const ReplayResult& result);
/// invalid_input for an answer that is none.
Result<ReplayResult> read_replay_result(const JsonValue& json);

std::vector<std::size_t> read_indices(const JsonValue& json);

}  // namespace handshaked::diagnose
