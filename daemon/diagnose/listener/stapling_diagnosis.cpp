#include "diagnose/listener/stapling_diagnosis.h"

#include <algorithm>
#include <sstream>

#include "diagnose/case/configured_file.h"
#include "diagnose/certificates/pem_repair.h"
#include "diagnose/listener/served_chain.h"
#include "diagnose/texts.h"
#include "nginx/configuration/inheritance.h"

namespace handshaked::diagnose {
namespace {

void find_all(const nginx::Directive& block, std::string_view name,
              std::vector<const nginx::Directive*>& found) {
  for (const nginx::Directive& directive : block.block) {
    if (directive.is(name)) found.push_back(&directive);
    if (directive.has_block) find_all(directive, name, found);
  }
}

const nginx::Directive* find_first(const LocalCase& local, std::string_view name) {
  std::vector<const nginx::Directive*> found;
  find_all(local.configuration().root(), name, found);
  return found.empty() ? nullptr : found.front();
}

/// Everything about the certificate whose status was asked for. `chain` may be missing: the file
/// cannot be read here.
struct StapledCertificate {
  const nginx::Directive* block = nullptr;     ///< where ssl_stapling stands, else the certificate
  const nginx::Directive* stapling = nullptr;  ///< the ssl_stapling directive
  const nginx::Directive* responder = nullptr;
  std::optional<ConfiguredFile> file;
  std::optional<ServedChain> chain;
  std::string url;  ///< the responder that is asked
};

StapledCertificate stapled_certificate(LocalCase& local, std::string_view path,
                                       std::string_view stapling_name = "ssl_stapling",
                                       std::string_view responder_name = "ssl_stapling_responder") {
  StapledCertificate stapled;
  for (const ConfiguredFile& file : configured_files(local.configuration(), path)) {
    if (file.role != FileRole::certificate || !file.directive->is("ssl_certificate")) continue;
    stapled.file = file;
    break;
  }
  const nginx::Directive* at = stapled.file ? stapled.file->directive->parent : nullptr;
  if (at == nullptr) {
    if (const nginx::Directive* any = find_first(local, stapling_name)) at = any->parent;
  }
  if (at == nullptr) return stapled;
  const auto inherited = [&](std::string_view name) {
    const auto found = nginx::find_inherited(*at, name);
    return found.empty() ? nullptr : found.front();
  };
  stapled.stapling = inherited(stapling_name);
  stapled.responder = inherited(responder_name);
  stapled.block = stapled.stapling != nullptr ? stapled.stapling->parent : at;
  if (stapled.file) {
    if (auto chain = read_served_chain(local, *stapled.file))
      stapled.chain = std::move(chain).value();
  }
  if (stapled.responder != nullptr) stapled.url = stapled.responder->argument(0);
  else if (stapled.chain && !stapled.chain->leaf().facts().ocsp_urls.empty())
    stapled.url = stapled.chain->leaf().facts().ocsp_urls.front();
  if (const nginx::Directive* place =
          stapled.responder != nullptr ? stapled.responder : stapled.stapling)
    local.set_place(*place);
  else if (stapled.file) local.set_place(*stapled.file->directive);
  return stapled;
}

void propose(LocalCase& local, Fix fix, const ConfigurationPatch& patch, const Result<>& done) {
  local.propose(std::move(fix), changed_patch(patch, done));
}

/// The address that this host's /etc/hosts has for a name; IPv4 before IPv6. Empty when it has
/// none.
std::string hosts_file_address(const nginx::ConfigurationFiles& files, const std::string& host) {
  const auto text = files.read("/etc/hosts", 1U << 20);
  if (!text) return {};
  std::istringstream lines(text.value());
  std::string best;
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line.substr(0, line.find('#')));
    std::string address, name;
    words >> address;
    while (words >> name) {
      if (nginx::to_lower(name) != nginx::to_lower(host)) continue;
      const bool is_ipv6 = address.find(':') != std::string::npos;
      if (best.empty() || (best.front() == '[' && !is_ipv6))
        best = is_ipv6 ? "[" + address + "]" : address;
    }
  }
  return best;
}

std::vector<std::string> resolver_of_host(const nginx::ConfigurationFiles& files) {
  const auto text = files.read("/etc/resolv.conf", 1U << 20);
  std::vector<std::string> servers;
  if (!text) return servers;
  std::istringstream lines(text.value());
  for (std::string line; std::getline(lines, line) && servers.size() < 3;) {
    std::istringstream words(line);
    std::string keyword, address;
    words >> keyword >> address;
    if (keyword != "nameserver" || address.empty() || address.find('%') != std::string::npos)
      continue;
    servers.push_back(address.find(':') != std::string::npos ? "[" + address + "]" : address);
  }
  return servers;
}

struct UrlParts {
  std::string host, rest;  ///< "ocsp.corp.test", ":8080/path"
};
UrlParts parts_of(const std::string& url) {
  const std::size_t begin = url.starts_with("http://") ? 7 : 0;
  const std::size_t end = std::min(url.find_first_of(":/", begin), url.size());
  return {url.substr(begin, end - begin), url.substr(end)};
}

void propose_responder_by_address(LocalCase& local, const StapledCertificate& stapled,
                                  const UrlParts& url, const std::string& address) {
  Fix fix = local.known("responder-by-address");
  const std::string by_address = "http://" + address + (url.rest.empty() ? "/" : url.rest);
  fix.title = listener_text("stapling.by_address", {{"url", by_address}});
  fix.how = listener_text("stapling.address_at_hand", {{"address", address}, {"host", url.host}});
  ConfigurationPatch patch = local.new_patch();
  const auto done =
      patch.set_directive(*stapled.block, "ssl_stapling_responder", std::span(&by_address, 1));
  fix.proof = {ProofStatus::proved, ProofMethod::replay,
               listener_text("stapling.no_look_up", {{"url", by_address}})};
  propose(local, std::move(fix), patch, done);
}

void propose_resolver(LocalCase& local, const nginx::Directive& block,
                      const std::vector<std::string>& arguments, const Text& source) {
  Fix fix = local.known("add-resolver");
  std::string words;
  for (const std::string& argument : arguments) words += " " + argument;
  fix.title = listener_text("stapling.add_resolver", {{"resolver", words}});
  fix.how = source;
  ConfigurationPatch patch = local.new_patch();
  const auto done = patch.set_directive(block, "resolver", arguments);
  propose(local, std::move(fix), patch, done);
}

void diagnose_no_resolver(LocalCase& local, const StapledCertificate& stapled) {
  const UrlParts url = parts_of(stapled.url);
  const std::string host = url.host.empty() ? local.symptom().responder : url.host;
  local.conclude("stapling_no_resolver", 0.9,
                 listener_text("stapling.no_resolver", {{"host", host}}));
  if (stapled.block == nullptr) return;
  if (const nginx::Directive* other = find_first(local, "resolver")) {
    std::vector<std::string> arguments;
    for (const nginx::Word& word : other->arguments) arguments.push_back(word.text);
    return propose_resolver(local, *stapled.block, arguments,
                            listener_text("stapling.resolver_in_use", {{"place", where(*other)}}));
  }
  if (local.surroundings().is_dump) return;
  const std::string address = hosts_file_address(local.files(), host);
  if (!address.empty() && stapled.stapling != nullptr && stapled.stapling->is("ssl_stapling"))
    propose_responder_by_address(local, stapled, url, address);
  const std::vector<std::string> servers = resolver_of_host(local.files());
  if (!servers.empty())
    propose_resolver(local, *stapled.block, servers, listener_text("stapling.resolver_of_host"));
}

/// The configuration overrides the responder that the certificate names itself.
void propose_own_responder(LocalCase& local, const StapledCertificate& stapled,
                           std::string_view fix_id) {
  if (stapled.responder == nullptr || !stapled.chain ||
      stapled.chain->leaf().facts().ocsp_urls.empty())
    return;
  const std::string& own = stapled.chain->leaf().facts().ocsp_urls.front();
  if (own == stapled.url || !own.starts_with("http://")) return;
  Fix fix = local.known(fix_id);
  fix.owner = Owner::proxy;
  fix.title = listener_text("stapling.ask_own", {{"url", own}});
  ConfigurationPatch patch = local.new_patch();
  const auto done = patch.remove(*stapled.responder);
  fix.proof.detail = listener_text("stapling.not_asked");
  propose(local, std::move(fix), patch, done);
}

/// To whoever runs the responder or the network in between.
void add_message(LocalCase& local, const StapledCertificate& stapled, std::string_view fix_id) {
  Fix fix = local.known(fix_id);
  if (fix.owner == Owner::proxy) fix.owner = Owner::ca;
  const std::string url = stapled.url.empty() ? local.symptom().responder : stapled.url;
  const std::string serial = stapled.chain ? stapled.chain->leaf().facts().serial : std::string();
  const std::string subject = stapled.chain ? stapled.chain->leaf().facts().subject : std::string();
  const std::string seen = local.symptom().message.substr(0, 300);
  fix.message =
      serial.empty()
          ? listener_text("ask.responder", {{"url", url}, {"message", seen}})
          : listener_text(
                "ask.responder_about",
                {{"url", url}, {"subject", subject}, {"serial", serial}, {"message", seen}});
  local.propose(std::move(fix));
}

/// ssl_stapling_verify needs the way from the signer of the answer to a root.
void diagnose_verify_failed(LocalCase& local, const StapledCertificate& stapled) {
  local.conclude("stapling_verify_failed", 0.85);
  if (!stapled.chain || stapled.block == nullptr || stapled.chain->path.issuers.empty() ||
      !stapled.chain->path.is_complete)
    return;
  const auto trusted = nginx::find_inherited(*stapled.block, "ssl_trusted_certificate");
  Fix fix = local.known("trusted-with-root");
  ConfigurationPatch patch = local.new_patch();
  Result<> done = success();
  fix.proof.detail = listener_text("stapling.not_asked_again");
  if (trusted.empty()) {
    const NewFile made =
        new_pem_file(local.configuration(), local.files(), stapled.file->path, "ocsp-ca.pem");
    done = patch.create_file(made.path, pem_of(stapled.chain->path.issuers));
    if (done)
      done = patch.set_directive(*stapled.block, "ssl_trusted_certificate",
                                 std::span(&made.written, 1));
    return propose(local, std::move(fix), patch, done);
  }
  const std::string path =
      local.configuration().full_path(trusted.front()->argument(0), nginx::PathBase::configuration);
  const auto bundle = local.files().read(path, kMaxBundleBytes);
  std::vector<Certificate> lacking;
  if (const auto read =
          bundle ? read_pem_bundle(bundle.value()) : Result<PemBundle>(bundle.error())) {
    for (const Certificate& issuer : stapled.chain->path.issuers) {
      const auto& held = read.value().certificates;
      const bool is_held = std::any_of(
          held.begin(), held.end(),
          [&](const BundledCertificate& one) { return is_same(one.certificate, issuer); });
      if (!is_held) lacking.push_back(issuer);
    }
    if (lacking.empty() || read.value().has_private_key()) return;
  }
  done = patch.append_pem(path, pem_of(lacking));
  propose(local, std::move(fix), patch, done);
}

/// A responder that the configuration itself uses for another certificate: nginx looks up what a
/// directive names, and not the certificate's.
void propose_neighbours_responder(LocalCase& local, const StapledCertificate& stapled) {
  const nginx::Directive* const other = find_first(local, "ssl_stapling_responder");
  if (other == nullptr || other == stapled.responder || stapled.block == nullptr) return;
  const std::string url(other->argument(0));
  Fix fix = local.known("responder-directive");
  fix.owner = Owner::proxy;
  fix.title = listener_text("stapling.ask_neighbours", {{"place", where(*other)}, {"url", url}});
  fix.proof.detail = listener_text("stapling.not_asked");
  ConfigurationPatch patch = local.new_patch();
  const auto done =
      patch.set_directive(*stapled.block, "ssl_stapling_responder", std::span(&url, 1));
  propose(local, std::move(fix), patch, done);
}

void switch_stapling_off(LocalCase& local, const StapledCertificate& stapled,
                         std::string_view fix_id) {
  if (stapled.stapling == nullptr) return;
  Fix fix = local.known(fix_id);
  fix.owner = Owner::proxy;
  ConfigurationPatch patch = local.new_patch();
  const std::string off = "off";
  // A directive of http counts for other servers too: the server of this certificate gets its own.
  const nginx::Directive* server =
      stapled.file ? nginx::enclosing(*stapled.file->directive, "server") : nullptr;
  const auto done = server == nullptr || stapled.stapling->parent == server
                        ? patch.replace_argument(*stapled.stapling, 0, off)
                        : patch.set_directive(*server, "ssl_stapling", std::span(&off, 1));
  propose(local, std::move(fix), patch, done);
}

}  // namespace

bool diagnose_ignored_stapling(LocalCase& local, const LoadError& error) {
  const std::string& message = local.symptom().message;
  if (error.subject() != "ssl_stapling" || message.find("ignored") == std::string::npos)
    return false;
  const std::string path = error.quoted.size() > 1 ? error.quoted.back() : std::string();
  const StapledCertificate stapled = stapled_certificate(local, path);
  if (message.find("issuer certificate not found") != std::string::npos) {
    const bool is_self_signed = stapled.chain && stapled.chain->is_self_signed();
    local.conclude("stapling_issuer_not_found", 0.9);
    if (is_self_signed) switch_stapling_off(local, stapled, "stapling-off-self-signed");
    else if (stapled.chain && !stapled.chain->missing.empty())
      propose_missing_intermediates(local, *stapled.chain, "send-full-chain");
    return true;
  }
  if (message.find("no OCSP responder URL") != std::string::npos) {
    local.conclude("stapling_no_responder_url", 0.9);
    switch_stapling_off(local, stapled, "stapling-off");
    return true;
  }
  if (message.find("host not found") != std::string::npos) {
    local.conclude("stapling_responder_not_resolved", 0.9);
    propose_neighbours_responder(local, stapled);
    add_message(local, stapled, "fix-dns");
    return true;
  }
  if (local.symptom().candidates.empty()) return false;
  local.conclude(local.symptom().candidates.front().cause,
                 local.symptom().candidates.front().likelihood);
  return true;
}

void diagnose_ocsp(LocalCase& local) {
  const Symptom& symptom = local.symptom();
  const bool is_stapling = !symptom.certificate.empty();
  const StapledCertificate stapled =
      is_stapling ? stapled_certificate(local, symptom.certificate)
                  : stapled_certificate(local, {}, "ssl_ocsp", "ssl_ocsp_responder");
  if (symptom.message.starts_with("no resolver defined"))
    return diagnose_no_resolver(local, stapled);
  std::string cause = symptom.candidates.empty() ? std::string("stapling_responder_unreachable")
                                                 : symptom.candidates.front().cause;
  if (!is_stapling && symptom.has_cause("ocsp_responder_unreachable"))
    cause = "ocsp_responder_unreachable";
  if (!is_stapling && symptom.has_cause("client_cert_revoked")) cause = "client_cert_revoked";
  if (cause == "stapling_verify_failed") return diagnose_verify_failed(local, stapled);
  local.conclude(cause, 0.85);
  if (!stapled.url.empty()) {
    const std::string place =
        stapled.responder != nullptr ? where(*stapled.responder) : std::string();
    const Text source =
        place.empty() ? listener_text("stapling.named_by_certificate") : Text{place, place};
    local.add_evidence("configuration", listener_text("stapling.responder",
                                                      {{"url", stapled.url}, {"source", source}}));
  }
  if (cause == "stapling_responder_bad_answer") {
    add_message(local, stapled, "repair-responder");
    propose_own_responder(local, stapled, "ask-by-hand");
  } else if (cause == "stapling_responder_error") {
    add_message(local, stapled, "wait-and-retry");
    propose_own_responder(local, stapled, "right-responder");
  } else if (cause == "stapling_response_expired") {
    add_message(local, stapled, "renew-answer");
  } else if (cause == "stapling_responder_unreachable") {
    add_message(local, stapled, "open-egress");
    propose_own_responder(local, stapled, "point-to-relay");
  } else if (cause == "stapling_responder_timeout") {
    add_message(local, stapled, "check-path");
  } else if (cause == "ocsp_responder_unreachable") {
    add_message(local, stapled, "restore-responder");
  }
}

}  // namespace handshaked::diagnose
