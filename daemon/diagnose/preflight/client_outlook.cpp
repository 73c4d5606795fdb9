#include "diagnose/preflight/client_outlook.h"

#include <openssl/x509_vfy.h>

#include <algorithm>
#include <charconv>

#include "base/text/joined.h"
#include "diagnose/certificates/configured_pem.h"
#include "diagnose/certificates/issuer_search.h"
#include "diagnose/certificates/pem_repair.h"
#include "diagnose/listener/client_hypothesis.h"
#include "diagnose/texts.h"
#include "diagnose/upstream/verification/cause_sentences.h"

namespace handshaked::diagnose {
namespace {

struct ServerTrust {
  ClientTrust trust;
  std::string file;  ///< that a CA goes into
  std::string crl_file;
  std::string unreadable;  ///< a file that is not here
  bool verifies = false;
};

ServerTrust trust_of(const Surroundings& world, const nginx::ListenerSettings& settings) {
  ServerTrust server;
  const std::string_view mode = settings.verify_client.first();
  server.verifies = mode == "on" || mode == "optional";
  if (!server.verifies) return server;
  const auto path_of = [&](const nginx::EffectiveValue& value) {
    return value.first().empty() ? std::string()
                                 : world.nginx->configuration.full_path(
                                       value.first(), nginx::PathBase::configuration);
  };
  server.crl_file = path_of(settings.crl);
  for (const std::string& path : {path_of(settings.client_certificate),
                                  path_of(settings.trusted_certificate), server.crl_file}) {
    if (path.empty()) continue;
    const auto bundle = read_configured_pem(*world.files, path);
    if (!bundle) {
      server.unreadable = path;
      continue;
    }
    if (server.file.empty() && path != server.crl_file) server.file = path;
    for (const BundledCertificate& one : bundle.value().certificates)
      server.trust.trusted.push_back(one.certificate);
    for (const BundledCrl& one : bundle.value().crls) server.trust.crls.push_back(one.crl);
  }
  server.trust.check_crls = !server.crl_file.empty();
  const std::string_view depth = settings.verify_depth.first();
  std::from_chars(depth.data(), depth.data() + depth.size(), server.trust.depth);
  return server;
}

/// What OpenSSL says of a client's chain.
std::optional<ReplayResult> replayed(const std::vector<Der>& chain, const ClientTrust& trust,
                                     Time at) {
  ReplayInput input;
  input.side = VerifiedSide::client;
  input.chain = chain;
  for (const Certificate& one : trust.trusted) input.trusted.push_back(one.der_with_trust());
  for (const RevocationList& one : trust.crls) input.crls.push_back(one.der());
  input.check_crls = trust.check_crls;
  input.depth = trust.depth;
  input.at = at;
  auto result = replay_verification(input);
  return result ? std::optional(std::move(result).value()) : std::nullopt;
}

std::string refusal(int code) {
  return "client SSL certificate verify error: (" + std::to_string(code) + ":" +
         verify_code_text(code) + ") while reading client request headers";
}

std::string_view cause_of(int code) {
  switch (code) {
    case X509_V_ERR_CERT_HAS_EXPIRED: return "client_cert_expired";
    case X509_V_ERR_CRL_HAS_EXPIRED: return "crl_expired";
    case X509_V_ERR_UNABLE_TO_GET_CRL: return "crl_missing";
    case X509_V_ERR_CERT_REVOKED: return "client_cert_revoked";
    case X509_V_ERR_CERT_CHAIN_TOO_LONG: return "client_verify_depth_too_small";
    default: return "client_cert_unknown_ca";
  }
}

class ClientOutlook {
 public:
  ClientOutlook(Worlds& worlds, const nginx::ListeningServer& server,
                const nginx::ListeningServer& old)
      : worlds_(worlds),
        was_(trust_of(worlds.before, old.settings)),
        will_(trust_of(worlds.after, server.settings)) {}

  std::vector<ClientBreak> run() {
    if (was_.verifies && !will_.verifies) {
      ClientBreak one;
      one.outlook = Outlook::weakens;
      one.weakened.push_back(preflight_text("clients.nobody_asked"));
      breaks_.push_back(std::move(one));
    }
    if (!was_.verifies || !will_.verifies) return std::move(breaks_);
    if (!was_.unreadable.empty() || !will_.unreadable.empty()) {
      const std::string& path = will_.unreadable.empty() ? was_.unreadable : will_.unreadable;
      ClientBreak one;
      one.outlook = Outlook::cannot_tell;
      one.missing = preflight_text("missing.file", {{"file", path}});
      breaks_.push_back(std::move(one));
      return std::move(breaks_);
    }
    try_named_clients();
    try_stand_ins();
    try_crl_dates();
    return std::move(breaks_);
  }

 private:
  void try_named_clients() {
    for (const PlannedFile& file : worlds_.change().clients) {
      const auto bundle = read_pem_bundle(file.text);
      if (!bundle || bundle.value().certificates.empty()) continue;
      std::vector<Der> chain;
      for (const BundledCertificate& one : bundle.value().certificates)
        chain.push_back(one.certificate.der());
      const auto now = replayed(chain, was_.trust, worlds_.before.now),
                 then = replayed(chain, will_.trust, worlds_.after.now);
      if (!now || !then || then->verify_code == 0 || now->verify_code != 0) continue;
      const std::string who = short_name(bundle.value().certificates.front().certificate.facts()) +
                              " (" + file.source + ")";
      add(then->verify_code, preflight_text("clients.one_refused", {{"client", who}}), lost_cas());
    }
  }

  /// CAs that the server trusts today and will not.
  std::vector<Certificate> lost_cas() const {
    std::vector<Certificate> lost;
    for (const Certificate& one : was_.trust.trusted) {
      if (!holds(will_.trust.trusted, one)) lost.push_back(one);
    }
    return lost;
  }

  void try_stand_ins() {
    const std::vector<Certificate> lost = lost_cas();
    const bool is_same = lost.empty() && was_.trust.depth <= will_.trust.depth &&
                         worlds_.before.now == worlds_.after.now;
    if (is_same || !breaks_.empty()) return;
    ClientHypotheses clients(was_.trust, CaStore{}, worlds_.before.now);
    std::string names;
    int code = 0;
    for (const ClientHypothesis& one : clients.all()) {
      if (one.verify_code != 0) continue;
      const int then = code_then(clients, one);
      if (then <= 0) continue;
      code = then;
      const std::string name = "\"" + short_name(one.issuer.facts()) + "\"";
      if (names.find(name) == std::string::npos) names += (names.empty() ? "" : ", ") + name;
    }
    if (code == 0) return;
    add(code, preflight_text("clients.refused", {{"cas", names}}), lost);
  }

  int code_then(ClientHypotheses& clients, const ClientHypothesis& one) {
    if (worlds_.before.now == worlds_.after.now) return clients.code_with(one, will_.trust);
    // Later: the leaf is issued then, the CAs keep their dates.
    std::vector<Certificate> known = was_.trust.trusted;
    for (const Certificate& more : will_.trust.trusted) {
      if (!holds(known, more)) known.push_back(more);
    }
    StandInPki pki(known);
    auto leaf = pki.client_chain(one.issuer, one.strangers, worlds_.after.now);
    if (!leaf) return -1;
    std::vector<Der> chain = std::move(leaf).value();
    ReplayInput input;
    for (const Certificate& sent : one.sent) {
      if (auto copy = pki.copy_of(sent)) chain.push_back(std::move(copy).value());
    }
    for (const Certificate& trusted : will_.trust.trusted) {
      if (auto copy = pki.copy_of(trusted)) input.trusted.push_back(std::move(copy).value());
    }
    input.chain = std::move(chain);
    input.side = VerifiedSide::client;
    input.depth = will_.trust.depth;
    input.at = worlds_.after.now;
    const auto result = replay_verification(input);
    return result ? result.value().verify_code : -1;
  }

  /// A stand-in CA signs no CRL, so lists are told by their own dates.
  void try_crl_dates() {
    if (!will_.trust.check_crls) return;
    for (const RevocationList& list : will_.trust.crls) {
      const auto end = list.facts().next_update;
      const Time horizon = std::max(worlds_.after.now, worlds_.change().until.value_or(Time{}));
      if (!end || *end >= horizon || *end < worlds_.before.now) continue;
      add(X509_V_ERR_CRL_HAS_EXPIRED,
          preflight_text("clients.crl_ends", {{"issuer", list.facts().issuer},
                                              {"file", will_.crl_file},
                                              {"date", date_text(*end)}}),
          {});
    }
  }

  void add(int code, Text reason, const std::vector<Certificate>& lost) {
    ClientBreak one;
    one.cause = cause_of(code);
    one.reason = std::move(reason);
    one.now = preflight_text("clients.passes");
    one.then = preflight_text("clients.verify_code",
                              {{"code", std::to_string(code)}, {"error", verify_code_text(code)}});
    one.would_log = refusal(code);
    if (!lost.empty()) one.preventions.push_back({keep_both(lost), Rollout::first});
    breaks_.push_back(std::move(one));
  }

  /// The old CAs beside the new ones, until the last client has a new certificate.
  Fix keep_both(const std::vector<Certificate>& lost) {
    Fix fix;
    fix.id = "keep-old-client-ca";
    fix.title = preflight_text("clients.keep_old", {{"file", will_.file}});
    ConfigurationPatch patch(worlds_.after.nginx->configuration, *worlds_.after.files);
    const std::string names =
        joined(lost, ", ", [](const Certificate& one) { return short_name(one.facts()); });
    if (!patch.append_pem(will_.file, pem_of(lost),
                          "kept until every client has changed: " + names))
      return fix;
    if (auto diff = patch.unified_diff()) fix.patch = std::move(diff).value();
    fix.changes = patch.changes();
    fix.commands = {"nginx -t", "nginx -s reload"};
    ClientTrust both = will_.trust;
    for (const Certificate& one : lost) both.trusted.push_back(one);
    ClientHypotheses clients(was_.trust, CaStore{}, worlds_.before.now);
    const bool all_pass =
        std::all_of(clients.all().begin(), clients.all().end(), [&](const ClientHypothesis& one) {
          return one.verify_code != 0 || clients.code_with(one, both) == 0;
        });
    fix.proof.method = ProofMethod::replay;
    fix.proof.status = all_pass ? ProofStatus::proved : ProofStatus::refuted;
    fix.proof.detail = preflight_text(all_pass ? "clients.both_pass" : "clients.both_fail");
    return fix;
  }

  Worlds& worlds_;
  const ServerTrust was_, will_;
  std::vector<ClientBreak> breaks_;
};

}  // namespace

std::vector<ClientBreak> client_breaks(Worlds& worlds, const nginx::ListeningServer& server,
                                       const nginx::ListeningServer& old) {
  return ClientOutlook(worlds, server, old).run();
}

}  // namespace handshaked::diagnose
