#include "diagnose/upstream/verification/cause_sentences.h"

#include <algorithm>
#include <array>
#include <ctime>

#include "diagnose/texts.h"

namespace handshaked::diagnose {
namespace {

/// What the owner is asked for. A cause that nobody else can cure has none.
struct Request {
  std::string_view cause, text;
};
constexpr std::array kRequests = {
    Request{"upstream_ca_not_trusted", "ask.send_root"},
    Request{"upstream_ca_rekeyed", "ask.send_root"},
    Request{"upstream_chain_incomplete", "ask.send_whole_chain"},
    Request{"upstream_wrong_intermediate", "ask.send_whole_chain"},
    Request{"trusted_bundle_lacks_root", "ask.send_root"},
    Request{"trusted_bundle_holds_leaf", "ask.send_root"},
    Request{"upstream_self_signed", "ask.tell_fingerprint"},
    Request{"upstream_cert_expired", "ask.renew"},
    Request{"upstream_intermediate_expired", "ask.install_renewed_intermediate"},
    Request{"trusted_root_expired", "ask.send_root"},
    Request{"cross_signed_root_expired", "ask.send_root"},
    Request{"upstream_cert_not_yet_valid", "ask.use_valid"},
    Request{"upstream_intermediate_not_yet_valid", "ask.use_former_intermediate"},
    Request{"upstream_cert_wrong_usage", "ask.reissue_for_servers"},
    Request{"upstream_issuer_not_ca", "ask.reissue_ca"},
    Request{"upstream_issuer_bad_key_usage", "ask.reissue_ca"},
    Request{"upstream_name_constraints", "ask.use_permitted_ca"},
    Request{"upstream_pathlen_exceeded", "ask.reissue_ca"},
    Request{"upstream_unhandled_critical_ext", "ask.reissue"},
    Request{"upstream_cert_weak_key", "ask.use_stronger_key"},
    Request{"upstream_ca_weak_key", "ask.reissue_ca"},
    Request{"upstream_cert_weak_digest", "ask.reissue_with_better_digest"},
    Request{"upstream_cert_explicit_ec", "ask.reissue"},
    Request{"upstream_cert_corrupted", "ask.reissue"},
    Request{"upstream_cert_revoked", "ask.install_new"},
    Request{"upstream_ca_revoked", "ask.use_another_ca"},
    Request{"crl_missing", "ask.publish_crl"},
    Request{"crl_expired", "ask.publish_crl"},
    Request{"crl_not_yet_valid", "ask.publish_crl"},
    Request{"crl_signature_invalid", "ask.publish_crl"},
    Request{"crl_unusable", "ask.publish_crl"},
    Request{"upstream_name_mismatch", "ask.issue_with_name"},
    Request{"upstream_wrong_cert_served", "ask.serve_right_certificate"},
    Request{"upstream_wildcard_depth", "ask.issue_with_name_itself"},
    Request{"upstream_name_is_ip", "ask.issue_with_host_name"},
    Request{"upstream_chain_rejected_other", "ask.reissue"},
};

std::string first_of(const std::vector<std::string>& words) {
  constexpr std::size_t kMost = 6;
  std::string text;
  for (std::size_t i = 0; i < words.size() && i < kMost; ++i)
    text += (i == 0 ? "" : ", ") + words[i];
  if (words.size() > kMost) text += ", …";
  return text;
}

std::string names_text(const CertificateFacts& leaf) {
  if (!leaf.dns_names.empty()) return first_of(leaf.dns_names);
  if (!leaf.common_name.empty()) return leaf.common_name;
  return leaf.ip_addresses.empty() ? "-" : first_of(leaf.ip_addresses);
}

std::string or_dash(const std::string& text) { return text.empty() ? "-" : text; }

}  // namespace

std::string date_text(Time time) {
  const std::time_t seconds =
      std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  std::array<char, 40> text{};
  return {text.data(), std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M:%S UTC", &parts)};
}

SentenceFacts sentence_facts(UpstreamCase& upstream, const UpstreamVerdict& verdict,
                             const FoundCause& cause) {
  const CertificateFacts leaf = verdict.leaf() != nullptr ? *verdict.leaf() : CertificateFacts{};
  const CertificateFacts& at_fault = cause.certificate.sha256.empty() ? leaf : cause.certificate;
  const std::string issuer = cause.issuer.empty() ? at_fault.issuer : cause.issuer;
  const UpstreamView& view = upstream.view();
  const std::string peer =
      verdict.peer ? to_string(verdict.peer->address()) : upstream.symptom().peer;
  return {{"peer", peer},
          {"name", verdict.name.verified},
          {"names", names_text(leaf)},
          {"leaf", or_dash(leaf.subject)},
          {"leaf_issuer", or_dash(leaf.issuer)},
          {"leaf_fingerprint", or_dash(leaf.sha256)},
          {"subject", or_dash(at_fault.subject)},
          {"fingerprint", or_dash(at_fault.sha256)},
          {"serial", or_dash(at_fault.serial)},
          {"from", date_text(at_fault.not_before)},
          {"to", date_text(at_fault.not_after)},
          {"usage", or_dash(first_of(at_fault.extended_key_usage))},
          {"extensions", or_dash(first_of(at_fault.unhandled_critical_extensions))},
          {"key", at_fault.key_type + " " + std::to_string(at_fault.key_bits)},
          {"digest", or_dash(at_fault.signature_digest)},
          {"level", std::to_string(verdict.policy.security_level)},
          {"issuer", or_dash(issuer)},
          {"key_id",
           or_dash(cause.issuer_key_id.empty() ? at_fault.authority_key_id : cause.issuer_key_id)},
          {"trusted", verdict.trusted_file},
          {"crl", verdict.crl_file},
          {"depth", std::to_string(verdict.input.depth)},
          {"verify_depth", view.directive("ssl_verify_depth")},
          {"ssl_name", view.directive("ssl_name")},
          {"server_name", view.directive("ssl_server_name")}};
}

Text fault_sentence(std::string_view cause, const SentenceFacts& facts) {
  return verification_text_of_cause("fault.", cause, facts);
}

Text message_for_owner(std::string_view cause, const SentenceFacts& facts) {
  const auto* const found =
      std::find_if(kRequests.begin(), kRequests.end(),
                   [cause](const Request& one) { return one.cause == cause; });
  if (found == kRequests.end()) return {};
  return verification_text("message.to_owner",
                           {{"peer", facts.at("peer")},
                            {"name", facts.at("name")},
                            {"fault", fault_sentence(cause, facts)},
                            {"ask", verification_text_of_facts(found->text, facts)}});
}

}  // namespace handshaked::diagnose
