#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json/json_writer.h"
#include "base/result.h"
#include "diagnose/certificates/json_value.h"
#include "diagnose/tls/tls_probe.h"

namespace handshaked::diagnose {

/// What is in the files of ClientCredentials.
struct ClientKey {
  std::string pem;
  std::vector<std::string> passwords;
};

/// Request and result of a probe as they cross between us and the child process. Reading fails with
/// invalid_input when a word is unknown or a certificate is no base64, so that an answer of a
/// broken child is never taken for an observation. `key`: for request.client.
void write_probe(JsonWriter& json, const ProbeRequest& request, const ClientKey& key);
void write_probe_result(JsonWriter& json, const ProbeResult& result);

struct ProbeOrder {
  ProbeRequest request;
  ClientKey key;
};
Result<ProbeOrder> read_probe(const JsonValue& json);
Result<ProbeResult> read_probe_result(const JsonValue& json);

std::optional<ProbePhase> probe_phase_from(std::string_view text);
std::optional<ProbeOutcome> probe_outcome_from(std::string_view text);

}  // namespace handshaked::diagnose
