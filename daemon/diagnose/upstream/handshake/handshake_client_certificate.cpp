#include <algorithm>
#include <array>

#include "diagnose/case/local_case.h"
#include "diagnose/certificates/configured_pem.h"
#include "diagnose/certificates/issuer_search.h"
#include "diagnose/certificates/private_key_file.h"
#include "diagnose/texts.h"
#include "diagnose/upstream/handshake/client_pair.h"
#include "diagnose/upstream/handshake/handshake_families.h"
#include "diagnose/upstream/handshake/handshake_settings.h"

namespace handshaked::diagnose {
namespace {

constexpr std::array kClientAlerts{42, 43, 44, 45, 46, 48, 116};

bool is_client_alert(std::optional<int> alert) {
  return alert &&
         std::find(kClientAlerts.begin(), kClientAlerts.end(), *alert) != kClientAlerts.end();
}

/// The certificate that nginx presents, as its file has it, and what can be said of it without its
/// key.
struct OwnCertificate {
  std::string path;
  std::string key_path;
  std::string problem;  ///< the file is not known, or cannot be read
  std::vector<Certificate> chain;
  const Certificate& leaf() const { return chain.front(); }
};

OwnCertificate own_certificate(HandshakeReport& report) {
  OwnCertificate own;
  const UpstreamView& view = report.view();
  const nginx::UpstreamSettings& settings = view.target->settings;
  const auto path_of = [&](const nginx::EffectiveValue& value) -> std::string {
    const nginx::Resolution written =
        view.nginx->passes.variables().resolve(value.first(), *view.target->pass);
    if (value.first().empty() || !written.is_constant()) return {};
    return view.nginx->configuration.full_path(written.values.front(),
                                               nginx::PathBase::configuration);
  };
  own.path = path_of(settings.certificate);
  own.key_path = path_of(settings.certificate_key);
  if (own.path.empty()) {
    own.problem = "only a request tells which file it is";
    return own;
  }
  const auto bundle = report.upstream().bundle(*view.files, own.path);
  if (!bundle) own.problem = bundle.error().message();
  else if (bundle.value()->certificates.empty()) own.problem = own.path + " holds no certificate";
  else {
    for (const BundledCertificate& one : bundle.value()->certificates)
      own.chain.push_back(one.certificate);
  }
  return own;
}

/// Of nginx's own handshake: what we get without its certificate says nothing about it.
std::optional<int> alert_of(const HandshakeReport& report) {
  const ProbeResult* const seen = report.seen();
  return seen != nullptr && seen->alert && !report.now().asked.left_out_client_certificate
             ? seen->alert
             : report.symptom().alert;
}

const CertificateRequest* request_of(const HandshakeReport& report) {
  const ProbeResult* const seen = report.seen();
  return seen != nullptr && seen->certificate_request ? &*seen->certificate_request : nullptr;
}

/// "CN=A; CN=B and 3 more", for people.
std::string accepted_names(const CertificateRequest& request) {
  constexpr std::size_t kShown = 5;
  std::string names;
  for (std::size_t i = 0; i < request.accepted_cas.size() && i < kShown; ++i)
    names += (i == 0 ? "" : "; ") + request.accepted_cas[i];
  const std::size_t more = request.accepted_cas.size() + request.cas_left_out;
  if (more > kShown) names += " and " + std::to_string(more - kShown) + " more";
  return names;
}

/// The way from the leaf upwards, and what of it the file does not send.
struct OwnPath {
  std::vector<Certificate>
      missing;                   ///< intermediates that are at hand and not in the file, in order
  bool ends_at_unknown = false;  ///< the next issuer is nowhere
  std::string unknown_issuer;
  bool is_accepted = false;  ///< an issuer on the way is one that the peer says it accepts
};

OwnPath own_path(HandshakeReport& report, const OwnCertificate& own) {
  OwnPath path;
  const Surroundings& around = report.upstream().surroundings();
  const std::span<const Certificate> beside(own.chain.begin() + 1, own.chain.end());
  const IssuerPath up = find_issuers(own.leaf(), beside, *around.ca_store, around.now);
  const CertificateRequest* const request = request_of(report);
  path.is_accepted = request != nullptr && accepts(*request, own.leaf().facts().issuer_hash);
  for (const Certificate& issuer : up.issuers) {
    if (path.is_accepted || issuer.facts().self_signed) break;
    if (!holds(own.chain, issuer)) path.missing.push_back(issuer);
    path.is_accepted = request != nullptr && accepts(*request, issuer.facts().issuer_hash);
  }
  const Certificate& last = up.issuers.empty() ? own.leaf() : up.last();
  path.ends_at_unknown = !up.is_complete && !path.is_accepted;
  path.unknown_issuer = last.facts().issuer;
  return path;
}

bool is_revoked(HandshakeReport& report, const Certificate& leaf) {
  const auto& lists = report.upstream().surroundings().ca_store->crls();
  return alert_of(report) == 44 ||
         std::any_of(lists.begin(), lists.end(),
                     [&](const RevocationList& list) { return list.revokes(leaf); });
}

/// What a new request for a certificate takes, with the file's own names.
std::vector<std::string> request_commands(const OwnCertificate& own) {
  const std::string certificate = own.path.empty() ? "client.pem" : own.path;
  const std::string key = own.key_path.empty() ? "client.key" : own.key_path;
  return {"openssl x509 -in " + shell_word(certificate) +
              " -noout -subject -issuer -dates -ext extendedKeyUsage",
          "openssl req -new -key " + shell_word(key) +
              " -out client.csr -subj /CN=$(hostname -f)  # for the CA to sign, with clientAuth",
          "# put the new certificate and its intermediates into " + shell_word(certificate) +
              ", then: nginx -t && nginx -s reload"};
}

/// The words for whoever runs the upstream: which certificate it is.
std::string identity_of(const Certificate& leaf) {
  const CertificateFacts& facts = leaf.facts();
  return facts.subject + " (issuer " + facts.issuer + ", serial " + facts.serial + ", SHA-256 " +
         facts.sha256 + ")";
}

/// A certificate for the same key, or of the same subject, that lies beside the file and is better:
/// renewed, and not yet used.
bool propose_file_beside(HandshakeReport& report, const OwnCertificate& own, std::string_view cause,
                         std::string_view fix) {
  const UpstreamView& view = report.view();
  constexpr std::size_t kMostFiles = 64;
  for (const std::string& path : files_beside(*view.files, {own.path}, kMostFiles)) {
    const auto read = read_configured_pem(*view.files, path);
    if (!read || read.value().certificates.empty()) continue;
    const CertificateFacts& facts = read.value().certificates.front().certificate.facts();
    if (facts.public_key_sha256 != own.leaf().facts().public_key_sha256 ||
        facts.sha256 == own.leaf().facts().sha256)
      continue;
    if (!is_valid_at(facts, report.upstream().surroundings().now) ||
        !may_authenticate_client(facts))
      continue;
    ConfigurationPatch patch = report.upstream().new_patch();
    const auto written = set_upstream_directive(patch, view, "ssl_certificate", std::array{path});
    report.propose(cause, fix, written, patch,
                   hand_written(patch, handshake_text("certificate.renewed",
                                                      {{"file", path},
                                                       {"date", minute_text(facts.not_after)}})));
    return true;
  }
  return false;
}

struct Flaw {
  std::string_view cause;
  std::string_view fix;
  Text text;
};

/// What is wrong with the leaf itself.
std::optional<Flaw> flaw_of(HandshakeReport& report, const OwnCertificate& own) {
  const CertificateFacts& facts = own.leaf().facts();
  const Time now = report.upstream().surroundings().now;
  if (facts.not_after < now) {
    const std::string when = minute_text(facts.not_after);
    return Flaw{"proxy_client_cert_expired", "renew-client-cert",
                handshake_text("certificate.expired", {{"date", when}})};
  }
  if (facts.not_before > now) {
    const std::string when = minute_text(facts.not_before);
    return Flaw{"proxy_client_cert_not_yet_valid", "use-valid-client-cert",
                handshake_text("certificate.not_yet_valid", {{"date", when}})};
  }
  if (!may_authenticate_client(facts)) {
    return Flaw{"proxy_client_cert_wrong_usage", "issue-clientauth",
                handshake_text("certificate.wrong_usage")};
  }
  if (is_revoked(report, own.leaf())) {
    return Flaw{"proxy_client_cert_revoked", "replace-revoked-client-cert",
                handshake_text("certificate.revoked")};
  }
  return std::nullopt;
}

void conclude_flaw(HandshakeReport& report, const OwnCertificate& own, const Flaw& flaw) {
  report.conclude(std::string(flaw.cause), 0.95);
  report.diagnosis().cause_key = "client certificate|" + own.leaf().facts().sha256;
  const std::string subject = own.leaf().facts().subject;
  report.note("file",
              handshake_text("certificate.flaw",
                             {{"file", own.path}, {"certificate", subject}, {"flaw", flaw.text}}));
  propose_file_beside(report, own, flaw.cause, flaw.fix);
  const bool is_proposed = !report.diagnosis().fixes.empty();
  if (is_proposed) return;
  Fix& fix = report.advise(flaw.cause, flaw.fix, {}, {});
  fix.commands = request_commands(own);
}

/// Appends what the file lacks. True when it was concluded to be that.
bool conclude_incomplete_chain(HandshakeReport& report, const OwnCertificate& own,
                               const OwnPath& path) {
  if (path.missing.empty()) return false;
  ConfigurationPatch patch = report.upstream().new_patch();
  Result<> written = success();
  std::string names;
  for (const Certificate& one : path.missing) {
    if (written) written = patch.append_pem(own.path, one.pem(), short_name(one.facts()));
    names += (names.empty() ? "" : ", ") + one.facts().subject;
  }
  UpstreamVerdict verdict = report.upstream().judge(patch);
  const bool is_tried =
      verdict.stage != UpstreamStage::untested && !verdict.asked.left_out_client_certificate;
  const bool is_cure = is_tried && verdict.passes();
  if (is_tried && !is_cure && !path.is_accepted && verdict.stage == UpstreamStage::handshake) {
    report.note("peer",
                handshake_text("certificate.still_refused",
                               {{"certificates", names}, {"verdict", summary_of(verdict)}}));
    return false;
  }
  report.conclude("proxy_client_chain_incomplete", is_cure ? 0.97 : 0.7);
  report.note("file",
              handshake_text("certificate.lacks", {{"file", own.path}, {"certificates", names}}));
  report.propose(
      "proxy_client_chain_incomplete", "append-intermediate", written, patch,
      handshake_text("certificate.append",
                     {{"certificates", names},
                      {"file", own.path},
                      {"store", report.upstream().surroundings().ca_store->description()}}));
  return true;
}

void conclude_foreign_ca(HandshakeReport& report, const OwnCertificate& own, const OwnPath& path) {
  const CertificateRequest* const request = request_of(report);
  const std::string identity = identity_of(own.leaf());
  const std::string peer = report.peer();
  std::string accepted;
  if (request != nullptr && !request->accepted_cas.empty()) {
    accepted = accepted_names(*request);
    report.note("peer", handshake_text("certificate.accepted_cas", {{"cas", accepted}}));
  }
  const std::optional<int> alert = alert_of(report);
  const bool is_about_ca = alert == 48 || (!accepted.empty() && !path.is_accepted);
  const std::string cause =
      is_about_ca ? "upstream_rejects_client_cert_ca" : "upstream_rejects_client_cert";
  report.conclude(cause, is_about_ca ? 0.85 : 0.6);
  if (path.ends_at_unknown) {
    report.diagnosis().also.emplace_back("proxy_client_chain_incomplete");
    report.note("file", handshake_text(
                            "certificate.issuer_unknown",
                            {{"issuer", path.unknown_issuer},
                             {"file", own.path},
                             {"store", report.upstream().surroundings().ca_store->description()}}));
  }
  if (is_about_ca) propose_client_pair(report, cause, "use-accepted-ca");
  const std::string number = alert ? std::to_string(*alert) : "none";
  const Text words = handshake_text("certificate.ask_to_accept",
                                    {{"peer", peer}, {"alert", number}, {"certificate", identity}});
  report.advise(cause, is_about_ca ? "upstream-adds-client-ca" : "ask-upstream-log", {}, words);
}

void conclude_required(HandshakeReport& report) {
  report.conclude("upstream_requires_client_cert", 0.95);
  const std::string peer = report.peer();
  std::string accepted;
  if (const CertificateRequest* const request = request_of(report); request != nullptr) {
    accepted = accepted_names(*request);
    const std::string directive = report.view().directive("ssl_certificate");
    report.note(
        "peer",
        accepted.empty()
            ? handshake_text("certificate.asked_for", {{"peer", peer}, {"directive", directive}})
            : handshake_text("certificate.asked_for_of",
                             {{"peer", peer}, {"cas", accepted}, {"directive", directive}}));
  }
  if (propose_client_pair(report, "upstream_requires_client_cert", "configure-client-cert")) return;
  const std::string certificate = report.view().directive("ssl_certificate");
  const GoverningPlace& at = *report.diagnosis().place;
  const std::string place = at.file + ":" + std::to_string(at.line);
  Fix& fix = report.advise(
      "upstream_requires_client_cert", "configure-client-cert",
      accepted.empty()
          ? handshake_text("certificate.get_one", {{"directive", certificate}, {"place", place}})
          : handshake_text("certificate.get_one_of",
                           {{"cas", accepted}, {"directive", certificate}, {"place", place}}),
      {});
  fix.commands = {
      "openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout client.key -out "
      "client.csr -subj /CN=$(hostname -f)",
      "# have client.csr signed for clientAuth, put leaf and intermediates into one PEM file "
      "beside the key (0640, group of nginx)"};
  report.advise("upstream_requires_client_cert", "upstream-optional-client-cert", {},
                handshake_text("certificate.ask_whether_meant", {{"peer", peer}}));
}

}  // namespace

namespace {

/// A key of another kind than the certificate's: OpenSSL keeps the two apart, complains about
/// nothing, and nginx has no certificate to show.
bool diagnose_foreign_client_key(HandshakeReport& report, const OwnCertificate& own) {
  constexpr std::size_t kMostFiles = 64;
  const UpstreamView& view = report.view();
  const auto& key_directives = view.target->settings.certificate_key.set_by;
  if (!report.upstream().surroundings().may_read_keys || own.key_path.empty() ||
      key_directives.empty())
    return false;
  const auto key_of = [&](const std::string& path) {
    return read_key_file(*view.files, path).public_key_sha256;
  };
  const std::string held = key_of(own.key_path);
  const std::string& wanted = own.leaf().facts().public_key_sha256;
  if (held.empty() || held == wanted) return false;
  constexpr std::string_view kCause = "config_key_mismatch", kFix = "install-matching-key";
  report.conclude(std::string(kCause), 0.95);
  report.note("file", handshake_text("certificate.foreign_key",
                                     {{"key_file", own.key_path}, {"file", own.path}}));
  for (const std::string& path : files_beside(*view.files, {own.key_path, own.path}, kMostFiles)) {
    if (path == own.key_path || key_of(path) != wanted) continue;
    ConfigurationPatch patch = report.upstream().new_patch();
    const auto written = patch.replace_argument(*key_directives.front(), 0, path);
    report.propose(kCause, kFix, written, patch,
                   hand_written(patch, handshake_text("certificate.key_found", {{"file", path}})));
    return true;
  }
  report.advise(kCause, kFix, {}, {}).commands = {
      "openssl x509 -in " + shell_word(own.path) + " -noout -pubkey | openssl sha256",
      "openssl pkey -in " + shell_word(own.key_path) +
          " -pubout | openssl sha256   # must print the same"};
  return true;
}

/// A variable that names the certificate and may be empty: nginx then shows none.
bool may_be_empty(const HandshakeReport& report) {
  const UpstreamView& view = report.view();
  const auto named = view.nginx->passes.variables().resolve(
      view.target->settings.certificate.first(), *view.target->pass);
  return std::any_of(named.values.begin(), named.values.end(),
                     [](const std::string& one) { return one.empty(); });
}

}  // namespace

bool diagnose_client_certificate(HandshakeReport& report) {
  const ProbeResult* const seen = report.seen();
  const std::optional<int> alert = alert_of(report);
  const bool is_left_out = report.now().asked.left_out_client_certificate;
  const bool is_refused = seen != nullptr && !seen->is_ok() && has_agreed(*seen) && !is_left_out;
  // Without permission to read the key nobody can repeat what nginx does: the line and the peer's
  // request have to do.
  const bool is_half_seen =
      is_left_out && seen != nullptr && seen->certificate_request &&
      (is_client_alert(alert) || alert == 40 || (!alert && may_be_empty(report)));
  // A peer that ends it at our ClientHello has seen no certificate of ours.
  const bool is_before = seen != nullptr && seen->alert && !seen->certificate_request &&
                         seen->phase <= ProbePhase::client_hello;
  const bool is_unseen =
      is_client_alert(alert) && !is_before && (seen == nullptr || !seen->is_ok());
  if (!is_refused && !is_half_seen && !is_unseen) return false;
  if (!report.now().asked.has_client_certificate) {
    conclude_required(report);
    return true;
  }
  const OwnCertificate own = own_certificate(report);
  if (own.chain.empty()) {
    report.note("file", handshake_text("certificate.problem", {{"problem", own.problem}}));
    const bool is_required = alert == 116 || ((!alert || alert == 40) && may_be_empty(report));
    report.conclude(is_required ? "upstream_requires_client_cert" : "upstream_rejects_client_cert",
                    0.5);
    return true;
  }
  report.note("file",
              handshake_text("certificate.presented",
                             {{"certificate", identity_of(own.leaf())}, {"file", own.path}}));
  if (diagnose_foreign_client_key(report, own)) return true;
  if (const auto flaw = flaw_of(report, own)) {
    conclude_flaw(report, own, *flaw);
    return true;
  }
  const OwnPath path = own_path(report, own);
  if (conclude_incomplete_chain(report, own, path)) return true;
  if (alert == 45) {
    report.conclude("proxy_client_cert_expired", 0.5);
    report.note("clock", handshake_text("certificate.valid_here"));
    return true;
  }
  conclude_foreign_ca(report, own, path);
  return true;
}

bool diagnose_unreadable_client_certificate(HandshakeReport& report) {
  if (!report.symptom().message.starts_with("cannot load certificate")) return false;
  report.conclude("proxy_client_cert_unreadable", 0.9);
  const std::string& message = report.symptom().message;
  const std::size_t open = message.find('"');
  const std::size_t close = open == std::string::npos ? open : message.find('"', open + 1);
  const std::string written =
      close == std::string::npos ? std::string() : message.substr(open + 1, close - open - 1);
  const nginx::UpstreamSettings& settings = report.view().target->settings;
  // The name in the line may be a stranger's choice: it goes into commands only when a directive of
  // ours can be it.
  const bool is_key = message.starts_with("cannot load certificate key");
  const nginx::EffectiveValue& value = is_key ? settings.certificate_key : settings.certificate;
  const nginx::Resolution resolved =
      report.view().nginx->passes.variables().resolve(value.first(), *report.view().target->pass);
  std::string path;
  for (const std::string& one : resolved.values) {
    const std::string full =
        report.view().nginx->configuration.full_path(one, nginx::PathBase::configuration);
    if (full == written || one == written) path = full;
  }
  report.note("configuration",
              handshake_text("certificate.read_by_worker",
                             {{"directive", value.directive}, {"value", value.first()}}));
  const bool is_denied = message.find("Permission denied") != std::string::npos;
  const nginx::Directive* const user = report.view().nginx->configuration.root().find_first("user");
  const std::string group(user != nullptr && user->arguments.size() > 1 ? user->argument(1)
                          : user != nullptr                             ? user->argument(0)
                                            : std::string_view("www-data"));
  if (is_denied) {
    Fix& fix = report.advise("proxy_client_cert_unreadable", "grant-worker-read", {}, {});
    const std::string file = path.empty() ? "FILE" : shell_word(path);
    fix.commands = {"chgrp " + shell_word(group) + " " + file, "chmod 0640 " + file};
  } else {
    report.advise("proxy_client_cert_unreadable", "fix-mapped-path", {}, {});
  }
  return true;
}

}  // namespace handshaked::diagnose
