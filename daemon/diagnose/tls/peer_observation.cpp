#include "diagnose/tls/peer_observation.h"

#include "base/json/json_writer.h"
#include "diagnose/certificates/der_text.h"

namespace handshaked::diagnose {
namespace {

void write_asked(JsonWriter& json, const ProbeRequest& asked) {
  json.key("asked")
      .begin_object()
      .optional_member("server_name", asked.server_name)
      .key("protocols")
      .begin_array();
  for (const TlsVersion version : asked.protocols) json.value(to_string(version));
  json.end_array().member("ciphers", asked.ciphers).array("alpn", asked.alpn);
  json.member("proxy_header", asked.send_proxy_header)
      .member("client_certificate", asked.client.has_value())
      .end_object();
}

void write_seen(JsonWriter& json, const ProbeResult& seen) {
  json.key("seen")
      .begin_object()
      .member("phase", to_string(seen.phase))
      .member("outcome", to_string(seen.outcome));
  if (seen.alert) json.member("alert", *seen.alert);
  json.optional_member("reason", seen.reason).optional_member("reason_code", seen.reason_code);
  json.optional_member("first_text", seen.first_text)
      .member("first_bytes", to_string(seen.first_bytes));
  json.optional_member("version", seen.version)
      .optional_member("cipher", seen.cipher)
      .optional_member("group", seen.group);
  json.optional_member("alpn", seen.alpn);
  if (seen.certificate_request) json.array("accepted_cas", seen.certificate_request->accepted_cas);
  json.key("chain").begin_array();
  for (const PeerCertificate& certificate : seen.chain) write_facts(json, certificate.facts);
  json.end_array().member("elapsed_us", seen.elapsed.count()).end_object();
}

std::string where(ProbePhase phase) {
  switch (phase) {
    case ProbePhase::connect: return "while connecting";
    case ProbePhase::proxy_header: return "at the PROXY header";
    case ProbePhase::client_hello: return "after the ClientHello";
    case ProbePhase::server_hello: return "after the ServerHello";
    case ProbePhase::certificate: return "after its certificate";
    case ProbePhase::client_auth: return "after asking for a client certificate";
    case ProbePhase::finished: return "after our Finished";
    case ProbePhase::after_handshake: return "after the handshake";
  }
  return "";
}

std::string agreement(const ProbeResult& seen) {
  std::string text = seen.version + " " + seen.cipher;
  if (!seen.alpn.empty()) text += ", ALPN " + seen.alpn;
  text += ", " + std::to_string(seen.chain.size()) +
          (seen.chain.size() == 1 ? " certificate" : " certificates");
  if (seen.certificate_request)
    text += seen.sent_client_certificate ? ", took a client certificate"
                                         : ", asked for a client certificate";
  return text;
}

}  // namespace

std::vector<Der> PeerObservation::chain() const {
  std::vector<Der> ders;
  for (const PeerCertificate& certificate : seen.chain) ders.push_back(certificate.der);
  return ders;
}

std::string to_json(const PeerObservation& observation) {
  std::string line;
  JsonWriter json(line);
  json.begin_object()
      .member("address", to_string(observation.address))
      .member("named_as", observation.named_as);
  json.member("at",
              std::chrono::floor<std::chrono::seconds>(observation.at).time_since_epoch().count());
  write_asked(json, observation.asked);
  write_seen(json, observation.seen);
  json.end_object();
  return line;
}

std::string summary_of(const ProbeResult& seen) {
  switch (seen.outcome) {
    case ProbeOutcome::ok: return agreement(seen);
    case ProbeOutcome::refused: return "connection refused";
    case ProbeOutcome::unreachable: return "unreachable: " + seen.reason;
    case ProbeOutcome::timed_out: return "timed out " + where(seen.phase);
    case ProbeOutcome::reset: return "connection reset " + where(seen.phase);
    case ProbeOutcome::closed: return "closed " + where(seen.phase);
    case ProbeOutcome::alert:
      return "alert " + std::to_string(seen.alert.value_or(0)) + " " + where(seen.phase);
    case ProbeOutcome::not_tls:
      return "answered " + std::string(to_string(seen.first_bytes)) +
             ", not TLS: " + seen.first_text;
    case ProbeOutcome::tls_error:
      return seen.reason + " (" + seen.reason_code + ") " + where(seen.phase);
    case ProbeOutcome::local_error: return "no probe: " + seen.reason;
    case ProbeOutcome::limit: return "sent more than a handshake needs";
  }
  return "";
}

}  // namespace handshaked::diagnose
