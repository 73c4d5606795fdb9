#include "diagnose/symptom.h"

#include <algorithm>

#include "analysis.h"

namespace handshaked::diagnose {

bool Symptom::has_cause(std::string_view slug) const {
  return std::any_of(
      candidates.begin(), candidates.end(),
      [&](const match::CandidateCause& candidate) { return candidate.cause == slug; });
}

bool Symptom::is_about_name() const {
  return message.find("certificate does not match") != std::string::npos;
}

Symptom symptom_of(const match::RecognisedLine& failure) {
  const parse::ErrorRecord& record = failure.record;
  const parse::TlsDetail& tls = failure.tls;
  Symptom symptom;
  symptom.rule_id = failure.rule.id;
  symptom.side = record.side;
  symptom.candidates = failure.rule.causes;
  symptom.message = record.message;
  symptom.action = record.action;
  symptom.scheme = parse::upstream_scheme(record);
  symptom.peer = parse::upstream_peer(record);
  if (const std::size_t at = record.upstream.find(symptom.peer);
      !symptom.peer.empty() && at != std::string_view::npos) {
    symptom.upstream_path = record.upstream.substr(at + symptom.peer.size());
  }
  symptom.server = record.server;
  symptom.request_target = parse::has(record.subrequest) ? record.subrequest : record.request;
  symptom.host = record.host;
  symptom.client = record.client;
  symptom.responder = record.responder;
  symptom.certificate = record.certificate;
  symptom.pid = record.pid;
  symptom.is_truncated = record.truncated;
  symptom.verify_code = tls.verify_code;
  symptom.alert = tls.alert;
  symptom.verify_text = tls.verify_text;
  if (tls.decisive != nullptr) {
    symptom.reason = tls.decisive->reason;
    symptom.reason_code = tls.decisive->reason_code;
  }
  symptom.name = tls.name;
  for (std::size_t i = 0; i < tls.error_count; ++i)
    symptom.openssl_errors.emplace_back(tls.errors[i].whole);
  if (failure.time) symptom.first_at = symptom.last_at = failure.time->utc;
  return symptom;
}

std::optional<Symptom> symptom_of_line(std::string_view line,
                                       std::shared_ptr<const match::RuleSet> rules) {
  class Catch : public FailureHandler {
   public:
    void on_failure(const match::RecognisedLine& failure) override { found = symptom_of(failure); }
    std::optional<Symptom> found;
  } caught;
  LineAnalysis analysis(std::move(rules), parse::TimeZone::named("UTC").value());
  analysis.consume({.bytes = line, .before = {}, .offset = {}}, caught);
  return std::move(caught.found);
}

}  // namespace handshaked::diagnose
