#include "diagnose/probe/probe_json.h"

#include <limits>

#include "diagnose/certificates/der_text.h"

namespace handshaked::diagnose {
namespace {

void write_client(JsonWriter& json, const ClientCredentials& client, const ClientKey& key) {
  json.key("client").begin_object().key("chain").begin_array();
  for (const Der& der : client.chain) json.value(der_to_text(der));
  json.end_array()
      .member("key_file", client.key_file)
      .member("key", der_to_text(key.pem))
      .key("passwords")
      .begin_array();
  for (const std::string& password : key.passwords) json.value(der_to_text(password));
  json.end_array().end_object();
}

Result<> read_client(const JsonValue& json, ProbeOrder& order) {
  ClientCredentials& client = order.request.client.emplace();
  for (const JsonValue& certificate : json["chain"].elements()) {
    TRY(auto der, der_from_text(certificate.text()));
    client.chain.push_back(std::move(der));
  }
  client.key_file = json["key_file"].string();
  TRY(order.key.pem, der_from_text(json["key"].text()));
  for (const JsonValue& password : json["passwords"].elements()) {
    TRY(order.key.passwords.emplace_back(), der_from_text(password.text()));
  }
  return success();
}

void write_certificate_request(JsonWriter& json, const CertificateRequest& request) {
  json.key("certificate_request").begin_object();
  json.array("accepted_cas", request.accepted_cas)
      .array("accepted_ca_hashes", request.accepted_ca_hashes);
  json.member("cas_left_out", request.cas_left_out)
      .array("signature_algorithms", request.signature_algorithms)
      .end_object();
}

CertificateRequest read_certificate_request(const JsonValue& json) {
  CertificateRequest request;
  request.accepted_cas = json["accepted_cas"].strings();
  request.accepted_ca_hashes = json["accepted_ca_hashes"].strings();
  request.cas_left_out = json["cas_left_out"].count();
  request.signature_algorithms = json["signature_algorithms"].strings();
  return request;
}

auto nonsense(const std::string& what) { return fail(ErrorCode::invalid_input, "probe: " + what); }

}  // namespace

void write_probe(JsonWriter& json, const ProbeRequest& request, const ClientKey& key) {
  json.begin_object();
  json.optional_member("server_name", request.server_name);
  json.key("protocols").begin_array();
  for (const TlsVersion version : request.protocols) json.value(to_string(version));
  json.end_array().member("ciphers", request.ciphers).key("conf_commands").begin_array();
  for (const auto& [name, value] : request.conf_commands)
    json.begin_object().member("name", name).member("value", value).end_object();
  json.end_array();
  if (request.security_level) json.member("security_level", *request.security_level);
  json.array("alpn", request.alpn)
      .member("send_proxy_header", request.send_proxy_header)
      .member("ask_for_staple", request.ask_for_staple);
  json.optional_member("instead_of_hello", der_to_text(request.instead_of_hello));
  if (request.client) write_client(json, *request.client, key);
  json.member("timeout_ms", request.timeout.count())
      .member("late_alert_wait_ms", request.late_alert_wait.count());
  json.end_object();
}

Result<ProbeOrder> read_probe(const JsonValue& json) {
  if (!json.is_object()) return nonsense("no request");
  ProbeOrder order;
  ProbeRequest& request = order.request;
  request.server_name = json["server_name"].string();
  request.protocols.clear();
  for (const JsonValue& word : json["protocols"].elements()) {
    const auto version = tls_version_from(word.text());
    if (!version) return nonsense("unknown protocol");
    request.protocols.push_back(*version);
  }
  request.ciphers = json["ciphers"].string();
  for (const JsonValue& command : json["conf_commands"].elements())
    request.conf_commands.emplace_back(command["name"].string(), command["value"].string());
  if (json["security_level"].is_present()) request.security_level = json["security_level"].number();
  request.alpn = json["alpn"].strings();
  request.send_proxy_header = json["send_proxy_header"].truth();
  request.ask_for_staple = json["ask_for_staple"].truth();
  if (json["instead_of_hello"].is_present()) {
    TRY(request.instead_of_hello, der_from_text(json["instead_of_hello"].text()));
  }
  if (json["client"].is_present()) {
    TRY(read_client(json["client"], order));
  }
  request.timeout = std::chrono::milliseconds(json["timeout_ms"].number());
  request.late_alert_wait = std::chrono::milliseconds(json["late_alert_wait_ms"].number());
  return order;
}

void write_probe_result(JsonWriter& json, const ProbeResult& result) {
  json.begin_object()
      .member("phase", to_string(result.phase))
      .member("outcome", to_string(result.outcome));
  if (result.alert) json.member("alert", *result.alert);
  if (result.sent_alert) json.member("sent_alert", *result.sent_alert);
  json.optional_member("reason", result.reason)
      .optional_member("reason_code", result.reason_code)
      .member("system_error", result.system_error);
  json.member("first_bytes", to_string(result.first_bytes))
      .optional_member("first_text", result.first_text);
  json.optional_member("version", result.version)
      .optional_member("cipher", result.cipher)
      .optional_member("group", result.group);
  json.member("key_exchange_bits", result.key_exchange_bits)
      .optional_member("peer_signature", result.peer_signature);
  json.optional_member("alpn", result.alpn)
      .member("secure_renegotiation", result.secure_renegotiation);
  json.key("chain").begin_array();
  for (const PeerCertificate& certificate : result.chain) {
    json.begin_object().member("der", der_to_text(certificate.der)).key("facts");
    write_facts(json, certificate.facts);
    json.end_object();
  }
  json.end_array().member("chain_left_out", result.chain_left_out);
  if (result.certificate_request) write_certificate_request(json, *result.certificate_request);
  json.member("sent_client_certificate", result.sent_client_certificate)
      .member("session_can_resume", result.session_can_resume);
  json.member("staple_bytes", result.staple_bytes)
      .member("bytes_received", result.bytes_received)
      .member("elapsed_us", result.elapsed.count());
  json.end_object();
}

Result<ProbeResult> read_probe_result(const JsonValue& json) {
  const auto phase = probe_phase_from(json["phase"].text());
  const auto outcome = probe_outcome_from(json["outcome"].text());
  const auto first_bytes = first_bytes_from(json["first_bytes"].text());
  if (!phase || !outcome || !first_bytes) return nonsense("an answer that makes no sense");
  ProbeResult result;
  result.phase = *phase;
  result.outcome = *outcome;
  result.first_bytes = *first_bytes;
  if (json["alert"].is_present()) result.alert = json["alert"].number();
  if (json["sent_alert"].is_present()) result.sent_alert = json["sent_alert"].number();
  result.reason = json["reason"].string();
  result.reason_code = json["reason_code"].string();
  result.system_error = json["system_error"].number();
  result.first_text = json["first_text"].string();
  result.version = json["version"].string();
  result.cipher = json["cipher"].string();
  result.group = json["group"].string();
  result.key_exchange_bits = json["key_exchange_bits"].number();
  result.peer_signature = json["peer_signature"].string();
  result.alpn = json["alpn"].string();
  result.secure_renegotiation = json["secure_renegotiation"].truth();
  for (const JsonValue& certificate : json["chain"].elements()) {
    if (result.chain.size() == ProbeResult::kMaxChain) return nonsense("a chain beyond the limit");
    TRY(auto der, der_from_text(certificate["der"].text()));
    result.chain.push_back({std::move(der), read_facts(certificate["facts"])});
  }
  result.chain_left_out = json["chain_left_out"].count();
  if (json["certificate_request"].is_present())
    result.certificate_request = read_certificate_request(json["certificate_request"]);
  result.sent_client_certificate = json["sent_client_certificate"].truth();
  result.session_can_resume = json["session_can_resume"].truth();
  result.staple_bytes = json["staple_bytes"].count();
  result.bytes_received = json["bytes_received"].count();
  result.elapsed = std::chrono::microseconds(json["elapsed_us"].integer());
  return result;
}

}  // namespace handshaked::diagnose
