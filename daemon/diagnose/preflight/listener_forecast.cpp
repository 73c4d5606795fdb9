#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/sslerr.h>
#include <openssl/x509_vfy.h>

#include <algorithm>
#include <set>

#include "diagnose/calendar/calendar_entry.h"
#include "diagnose/certificates/issuer_search.h"
#include "diagnose/diagnoser.h"
#include "diagnose/listener/listener_families.h"
#include "diagnose/listener/served_chain.h"
#include "diagnose/preflight/client_outlook.h"
#include "diagnose/preflight/forecast_parts.h"
#include "diagnose/texts.h"
#include "diagnose/tls/stand_in/tls_rehearsal.h"

namespace handshaked::diagnose {
namespace {

/// One of the clients that listeners meet, as far as its handshake goes.
struct ClientKind {
  ClientOffer offer;
  Text name;
  bool is_current;  ///< losing it is a break; others are told as a weakening
};

const std::vector<ClientKind>& client_kinds() {
  static const std::vector<ClientKind> kKinds = {
      {{}, preflight_text("who.current"), true},
      {{.protocols = {TlsVersion::tls1_2}}, preflight_text("who.without_new_version"), true},
      {{.protocols = {TlsVersion::tls1_2}, .ciphers = "aRSA"},
       preflight_text("who.rsa_only"),
       false},
      {{.protocols = {TlsVersion::tls1_0, TlsVersion::tls1_1}, .ciphers = "ALL:@SECLEVEL=0"},
       preflight_text("who.obsolete"),
       false},
  };
  return kKinds;
}

/// "0A0000C1" for "no shared cipher", as nginx prints it.
std::string code_of(const std::string& reason) {
  for (const int one :
       {SSL_R_NO_SHARED_CIPHER, SSL_R_UNSUPPORTED_PROTOCOL, SSL_R_NO_SUITABLE_SIGNATURE_ALGORITHM,
        SSL_R_NO_SUITABLE_KEY_SHARE, SSL_R_NO_SUITABLE_GROUPS, SSL_R_VERSION_TOO_LOW}) {
    const unsigned long code = ERR_PACK(ERR_LIB_SSL, 0, one);
    const char* const text = ERR_reason_error_string(code);
    if (text == nullptr || reason != text) continue;
    char digits[24];
    std::snprintf(digits, sizeof digits, "%08lX", code);
    return digits;
  }
  return {};
}

std::string handshake_line(const std::string& reason) {
  const std::string code = code_of(reason);
  if (code.empty()) return {};
  return "SSL_do_handshake() failed (SSL: error:" + code + ":SSL routines::" + reason +
         ") while SSL handshaking";
}

std::string alert_line(int alert, std::string_view words) {
  const unsigned long code = ERR_PACK(ERR_LIB_SSL, 0, SSL_AD_REASON_OFFSET + alert);
  char digits[24];
  std::snprintf(digits, sizeof digits, "%08lX", code);
  return "SSL_do_handshake() failed (SSL: error:" + std::string(digits) +
         ":SSL routines::" + std::string(words) + ":SSL alert number " + std::to_string(alert) +
         ") while SSL handshaking";
}

/// A name that a server answers to, in a form that a certificate can cover; empty for expressions.
std::string sample_name(const nginx::ServerName& name) {
  if (name.text.empty() || name.text == "_" || name.text.find('.') == std::string::npos) return {};
  if (name.kind == nginx::ServerName::Kind::exact) return name.text;
  if (name.kind != nginx::ServerName::Kind::leading_wildcard) return {};
  return name.text.front() == '.' ? name.text.substr(1) : "any-host" + name.text.substr(1);
}

class ListenerOutlook {
 public:
  ListenerOutlook(Worlds& worlds, PreflightReport& report) : worlds_(worlds), report_(report) {}

  void run() {
    std::set<const nginx::Directive*> done;
    for (const nginx::Listener& listener : worlds_.after.nginx->listeners.listeners()) {
      if (!listener.is_tls && !listener.is_starttls) continue;
      for (const nginx::ListeningServer& server : listener.servers) {
        if (server.has_tls_context && done.insert(server.server->directive).second)
          look_at(listener, server);
      }
    }
  }

 private:
  const nginx::ListeningServer* server_before(const nginx::ListeningServer& server) const {
    if (worlds_.host.before == worlds_.host.after) return &server;
    const bool is_same_text = !worlds_.change().is_configuration;
    for (const nginx::Listener& listener : worlds_.before.nginx->listeners.listeners()) {
      for (const nginx::ListeningServer& one : listener.servers) {
        const bool is_it =
            is_same_text
                ? one.server->directive->line == server.server->directive->line &&
                      one.server->directive->file->path == server.server->directive->file->path
                : one.server->names.logged == server.server->names.logged;
        if (is_it && one.listen->key == server.listen->key) return &one;
      }
    }
    return nullptr;
  }

  bool is_planned(const nginx::EffectiveValue& value) const {
    return std::any_of(value.set_by.begin(), value.set_by.end(), [&](const nginx::Directive* one) {
      return worlds_.host.after_files->is_planned(worlds_.after.nginx->configuration.full_path(
          one->argument(0), nginx::PathBase::configuration));
    });
  }

  void look_at(const nginx::Listener& listener, const nginx::ListeningServer& server) {
    const nginx::ListenerSettings& settings = server.settings;
    const bool is_about_certificate =
        is_planned(settings.certificates) || is_planned(settings.certificate_keys);
    const bool is_about_clients = is_planned(settings.client_certificate) ||
                                  is_planned(settings.trusted_certificate) ||
                                  is_planned(settings.crl);
    const bool is_everywhere = worlds_.change().is_everywhere();
    if (!is_about_certificate && !is_about_clients && !is_everywhere) {
      ++report_.unaffected;
      return;
    }
    const nginx::ListeningServer* const old = server_before(server);
    const std::size_t first = report_.places.size();
    if (is_about_certificate || is_everywhere) {
      const bool is_read = check_certificates(listener, server, old);
      if (is_read && old != nullptr) check_handshakes(listener, server, *old);
    }
    if ((is_about_clients || is_everywhere) && old != nullptr)
      check_clients(listener, server, *old);
    if (report_.places.size() > first) return;
    if (worlds_.change().is_configuration) {
      ++report_.unaffected;
      return;
    }
    Forecast forecast = named(listener, server);
    forecast.outlook = Outlook::works;
    forecast.then = preflight_text("listener.as_good");
    forecast.ran_under = ran_under();
    report_.places.push_back(std::move(forecast));
  }

  static std::string ran_under() {
    const auto policy = security_policy("");
    return policy ? policy.value().description() : std::string();
  }

  Forecast named(const nginx::Listener& listener, const nginx::ListeningServer& server) const {
    Forecast forecast;
    forecast.host = worlds_.host.name;
    forecast.side = "client";
    const nginx::Directive* at = server.server->directive;
    if (!server.settings.certificates.set_by.empty())
      at = server.settings.certificates.set_by.front();
    forecast.file = at->file->path;
    forecast.line = at->line;
    forecast.directive = at->name;
    forecast.server = server.server->names.logged;
    forecast.target = listener.key;
    return forecast;
  }

  /// The chains of a server in one world; what cannot be read is named.
  std::vector<ServedChain> chains_of(const Surroundings& world,
                                     const nginx::ListeningServer& server,
                                     std::vector<std::string>& unread) const {
    const LocalCase local(no_symptom_, world, worlds_.means.knowledge);
    std::vector<ServedChain> chains;
    for (const ConfiguredFile& file : certificate_files(local, server)) {
      auto chain = read_served_chain(local, file);
      if (chain) chains.push_back(std::move(chain).value());
      else unread.push_back(file.path);
    }
    return chains;
  }

  /// False when the certificates cannot be read.
  bool check_certificates(const nginx::Listener& listener, const nginx::ListeningServer& server,
                          const nginx::ListeningServer* old) {
    std::vector<std::string> unread, unread_before;
    const std::vector<ServedChain> will = chains_of(worlds_.after, server, unread);
    if (will.empty()) {
      const bool is_as_before =
          worlds_.change().is_configuration_alone() && old != nullptr &&
          server.settings.certificates.values() == old->settings.certificates.values();
      if (unread.empty() || is_as_before)
        return false;  // it rejects handshakes, or the path is known only when a client comes
      Forecast forecast = named(listener, server);
      forecast.outlook = Outlook::cannot_tell;
      forecast.missing = preflight_text("missing.file", {{"file", unread.front()}});
      const std::string name =
          worlds_.host.name.empty() ? unread.front() : worlds_.host.name + ": " + unread.front();
      report_.missing_files.push_back(name);
      report_.places.push_back(std::move(forecast));
      return false;
    }
    std::vector<ServedChain> was;
    if (old != nullptr) was = chains_of(worlds_.before, *old, unread_before);
    check_names(listener, server, was, will);
    check_chain(listener, server, was, will);
    check_stapling(listener, server, old, was, will);
    check_stapled_file(listener, server, will);
    if (worlds_.change().until) walk_dates(listener, server, will);
    return true;
  }

  void check_names(const nginx::Listener& listener, const nginx::ListeningServer& server,
                   const std::vector<ServedChain>& was, const std::vector<ServedChain>& will) {
    const auto covers = [](const std::vector<ServedChain>& chains, const std::string& name) {
      return std::any_of(chains.begin(), chains.end(),
                         [&](const ServedChain& one) { return one.leaf().matches_host(name); });
    };
    std::string lost;
    for (const nginx::ServerName& name : server.server->names.names) {
      const std::string sample = sample_name(name);
      if (sample.empty() || was.empty() || !covers(was, sample) || covers(will, sample)) continue;
      lost += (lost.empty() ? "" : ", ") + name.text;
    }
    if (lost.empty()) return;
    Forecast forecast = named(listener, server);
    forecast.outlook = Outlook::breaks;
    forecast.cause = "server_cert_name_mismatch";
    forecast.reason = preflight_text("listener.name_lost", {{"names", lost}});
    forecast.now = preflight_text("listener.name_covered");
    forecast.then = preflight_text("listener.name_unmatched");
    forecast.ran_under = ran_under();
    Fix fix;
    fix.id = "reissue-with-names";
    fix.owner = Owner::ca;
    fix.title = preflight_text("listener.issue_with_names", {{"names", lost}});
    fix.message = preflight_text("listener.ask_for_names", {{"names", lost}});
    fix.proof.detail = preflight_text("listener.needs_certificate");
    forecast.preventions.push_back({std::move(fix), Rollout::elsewhere});
    report_.places.push_back(std::move(forecast));
  }

  void check_chain(const nginx::Listener& listener, const nginx::ListeningServer& server,
                   const std::vector<ServedChain>& was, const std::vector<ServedChain>& will) {
    for (const ServedChain& chain : will) {
      const auto then = as_client_sees(chain, chain.sent(), {}, worlds_.after.now);
      const CertificateFacts& leaf = chain.leaf().facts();
      const bool is_dead = !is_valid_at(leaf, worlds_.after.now);
      if ((then && then->verified) || (!then && !is_dead)) continue;
      const ServedChain* const same = old_of(was, chain);
      const auto now = same != nullptr ? as_client_sees(*same, same->sent(), {}, worlds_.before.now)
                                       : std::nullopt;
      const bool worked =
          same == nullptr ||
          (now ? now->verified : is_valid_at(same->leaf().facts(), worlds_.before.now));
      Forecast forecast = named(listener, server);
      forecast.outlook = worked ? Outlook::breaks : Outlook::broken_already;
      if (now) forecast.now = summary_of(*now);
      if (then) forecast.then = summary_of(*then);
      else forecast.then = preflight_text("listener.not_valid_then");
      forecast.ran_under = ran_under();
      const bool is_about_dates =
          is_dead || (then && then->verify_code == X509_V_ERR_CERT_HAS_EXPIRED);
      forecast.would_log =
          is_about_dates ? alert_line(SSL_AD_CERTIFICATE_EXPIRED, "sslv3 alert certificate expired")
                         : alert_line(SSL_AD_UNKNOWN_CA, "tlsv1 alert unknown ca");
      explain(forecast, listener, server);
      report_.places.push_back(std::move(forecast));
    }
  }

  /// The first date until --until at which a client refuses what is served.
  void walk_dates(const nginx::Listener& listener, const nginx::ListeningServer& server,
                  const std::vector<ServedChain>& chains) {
    const Time from = worlds_.after.now, until = *worlds_.change().until;
    for (const ServedChain& chain : chains) {
      std::set<Time> dates;
      for (const BundledCertificate& one : chain.bundle.certificates) {
        const Time end = one.certificate.facts().not_after;
        if (end > from && end < until) dates.insert(end + std::chrono::seconds(1));
      }
      for (const Time at : dates) {
        const auto then = as_client_sees(chain, chain.sent(), {}, at);
        if (then ? then->verified : is_valid_at(chain.leaf().facts(), at)) continue;
        Forecast forecast = named(listener, server);
        forecast.outlook = Outlook::breaks;
        forecast.at = at;
        forecast.cause = "server_cert_expired";
        forecast.reason = preflight_text(
            "listener.ends_then",
            {{"certificate", short_name(chain.leaf().facts())}, {"file", chain.file.path}});
        forecast.then = then ? summary_of(*then) : preflight_text("listener.not_valid_then");
        forecast.would_log =
            alert_line(SSL_AD_CERTIFICATE_EXPIRED, "sslv3 alert certificate expired");
        forecast.ran_under = ran_under();
        report_.places.push_back(std::move(forecast));
        break;
      }
    }
  }

  static const ServedChain* old_of(const std::vector<ServedChain>& was, const ServedChain& chain) {
    const auto found = std::find_if(was.begin(), was.end(), [&](const ServedChain& one) {
      return one.file.path == chain.file.path;
    });
    if (found != was.end()) return &*found;
    return was.empty() ? nullptr : &was.front();
  }

  void check_stapling(const nginx::Listener& listener, const nginx::ListeningServer& server,
                      const nginx::ListeningServer* old, const std::vector<ServedChain>& was,
                      const std::vector<ServedChain>& will) {
    const nginx::ListenerSettings& settings = server.settings;
    const bool has_other_source =
        !settings.stapling_file.first().empty() || !settings.stapling_responder.first().empty();
    if (old == nullptr || was.empty() || has_other_source) return;
    for (const ServedChain& chain : will) {
      const ServedChain* const same = old_of(was, chain);
      const CertificateFacts& leaf = chain.leaf().facts();
      const bool stapled = old->settings.stapling.is_on() && same != nullptr &&
                           !same->leaf().facts().ocsp_urls.empty();
      const bool staples = settings.stapling.is_on() && !leaf.ocsp_urls.empty();
      const bool is_insisted_on = leaf.must_staple && !staples;
      if ((!stapled || staples) && !is_insisted_on) continue;
      Forecast forecast = named(listener, server);
      forecast.outlook = is_insisted_on ? Outlook::breaks : Outlook::weakens;
      forecast.now = stapled ? preflight_text("stapling.stapled") : preflight_text("stapling.none");
      forecast.then = preflight_text("stapling.none");
      forecast.weakened.push_back(is_insisted_on ? preflight_text("stapling.insisted_on")
                                                 : preflight_text("stapling.ends"));
      if (settings.stapling.is_on() && leaf.ocsp_urls.empty())
        forecast.would_log =
            "\"ssl_stapling\" ignored, no OCSP responder URL in the certificate \"" +
            chain.file.path + "\"";
      explain(forecast, listener, server);
      report_.places.push_back(std::move(forecast));
    }
  }

  /// nginx goes on to staple what its file holds, also when that has ended: it never looks.
  void check_stapled_file(const nginx::Listener& listener, const nginx::ListeningServer& server,
                          const std::vector<ServedChain>& chains) {
    const nginx::EffectiveValue& file = server.settings.stapling_file;
    if (!server.settings.stapling.is_on() || file.set_by.empty() ||
        nginx::has_variables(file.first()))
      return;
    const std::string path =
        worlds_.after.nginx->configuration.full_path(file.first(), nginx::PathBase::configuration);
    const auto answer = worlds_.after.files->read(path, kMaxAnswerBytes);
    if (!answer) return;
    std::vector<CalendarEntry> ends;
    add_stapled_ending({.directive = file.set_by.front(), .role = FileRole::staple, .path = path},
                       answer.value(), ends);
    if (ends.empty() || ends.front().at < worlds_.before.now) return;
    const Time end = ends.front().at;
    const bool is_over = end < worlds_.after.now;
    const bool is_within = worlds_.change().until && end < *worlds_.change().until;
    if (!is_over && !is_within) return;
    Forecast forecast = named(listener, server);
    forecast.file = file.set_by.front()->file->path;
    forecast.line = file.set_by.front()->line;
    forecast.directive = file.set_by.front()->name;
    const bool is_insisted_on =
        std::any_of(chains.begin(), chains.end(),
                    [](const ServedChain& chain) { return chain.leaf().facts().must_staple; });
    forecast.outlook = is_insisted_on ? Outlook::breaks : Outlook::weakens;
    if (!is_over) forecast.at = end + std::chrono::seconds(1);
    forecast.cause = "stapling_response_expired";
    forecast.now = preflight_text("stapling.answer_good");
    forecast.then = preflight_text("stapling.answer_over");
    forecast.reason = preflight_text("stapling.answer_ends", {{"file", path}});
    if (!is_insisted_on) forecast.weakened.push_back(forecast.reason);
    forecast.ran_under = ran_under();
    Fix fix;
    fix.id = "fetch-stapled-answer";
    fix.title = preflight_text("stapling.fetch", {{"file", path}});
    fix.commands = {"nginx -t", "nginx -s reload"};
    fix.proof.detail = preflight_text("stapling.needs_answer");
    forecast.preventions.push_back({std::move(fix), Rollout::first});
    report_.places.push_back(std::move(forecast));
  }

  void check_handshakes(const nginx::Listener& listener, const nginx::ListeningServer& server,
                        const nginx::ListeningServer& old) {
    const LocalCase before(no_symptom_, worlds_.before, worlds_.means.knowledge),
        after(no_symptom_, worlds_.after, worlds_.means.knowledge);
    const ListenerOffer was = offer_of(before, old), will = offer_of(after, server);
    if (was.protocols == will.protocols && was.ciphers == will.ciphers &&
        was.curves == will.curves && was.keys == will.keys &&
        was.conf_commands == will.conf_commands)
      return;
    for (const ClientKind& client : client_kinds()) {
      const auto now = rehearse(was, client.offer), then = rehearse(will, client.offer);
      if (!now || !then || !now.value().passed || then.value().passed) continue;
      Forecast forecast = named(listener, server);
      forecast.outlook = client.is_current ? Outlook::breaks : Outlook::weakens;
      forecast.now = preflight_text("handshake.now", {{"client", client.name},
                                                      {"version", now.value().version},
                                                      {"cipher", now.value().cipher}});
      forecast.then = preflight_text("handshake.then",
                                     {{"client", client.name}, {"reason", then.value().reason}});
      forecast.reason = preflight_text("handshake.lost", {{"client", client.name}});
      if (!client.is_current) forecast.weakened.push_back(forecast.reason);
      forecast.would_log = handshake_line(then.value().reason);
      forecast.ran_under = ran_under();
      explain(forecast, listener, server);
      report_.places.push_back(std::move(forecast));
      if (client.is_current) return;
    }
  }

  void check_clients(const nginx::Listener& listener, const nginx::ListeningServer& server,
                     const nginx::ListeningServer& old) {
    for (ClientBreak& one : client_breaks(worlds_, server, old)) {
      Forecast forecast = named(listener, server);
      if (!server.settings.client_certificate.set_by.empty()) {
        const nginx::Directive& at = *server.settings.client_certificate.set_by.front();
        forecast.file = at.file->path;
        forecast.line = at.line;
        forecast.directive = at.name;
      }
      forecast.outlook = one.outlook;
      forecast.reason = std::move(one.reason);
      forecast.would_log = std::move(one.would_log);
      forecast.missing = std::move(one.missing);
      forecast.now = std::move(one.now);
      forecast.then = std::move(one.then);
      forecast.cause = std::move(one.cause);
      forecast.weakened = std::move(one.weakened);
      if (one.outlook != Outlook::cannot_tell) forecast.ran_under = ran_under();
      forecast.preventions = std::move(one.preventions);
      report_.places.push_back(std::move(forecast));
    }
  }

  /// Cause and fixes from the line that nginx would write, as `diagnose` would find them with the
  /// files as they will be.
  void explain(Forecast& forecast, const nginx::Listener& listener,
               const nginx::ListeningServer& server) {
    if (forecast.would_log.empty()) return;
    const bool is_of_start = forecast.would_log.starts_with("\"ssl_stapling\"");
    const std::string line =
        is_of_start
            ? "2026/01/01 00:00:00 [warn] 1#1: " + forecast.would_log
            : "2026/01/01 00:00:00 [info] 1#1: *1 " + forecast.would_log +
                  ", client: 192.0.2.1, server: " +
                  (server.listen->directive != nullptr ? listener.key : std::string("0.0.0.0:443"));
    auto symptom = symptom_of_line(line, worlds_.means.rules);
    if (!symptom) return;
    symptom->server = server.server->names.logged;
    const Diagnosis diagnosis = diagnose(*symptom, worlds_.after, worlds_.means.knowledge);
    forecast.cause = diagnosis.cause;
    if (forecast.reason.empty()) forecast.reason = diagnosis.summary;
    // A file of ours works today with what is only added to it; anything else is tried by nobody.
    forecast.preventions =
        preventions_of(diagnosis, [](const Fix&) { return std::optional<bool>(); });
  }

  Worlds& worlds_;
  PreflightReport& report_;
  const Symptom no_symptom_;
};

}  // namespace

void forecast_listeners(Worlds& worlds, PreflightReport& report) {
  ListenerOutlook(worlds, report).run();
}

}  // namespace handshaked::diagnose
