#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/json/json_writer.h"
#include "base/result.h"
#include "diagnose/certificates/certificate_facts.h"
#include "diagnose/certificates/json_value.h"

namespace handshaked::diagnose {

/// DER as it crosses between us and the child process: base64 in JSON.
std::string der_to_text(std::string_view der);
Result<Der> der_from_text(std::string_view base64);

void write_facts(JsonWriter& json, const CertificateFacts& facts);
CertificateFacts read_facts(const JsonValue& json);

}  // namespace handshaked::diagnose
