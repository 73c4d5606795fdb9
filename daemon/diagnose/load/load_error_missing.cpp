#include <algorithm>
#include <array>

#include "diagnose/case/fitting_certificate.h"
#include "diagnose/load/load_error_diagnosis.h"
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

std::vector<const nginx::Directive*> find_all(const nginx::Configuration& configuration,
                                              std::string_view name) {
  std::vector<const nginx::Directive*> found;
  find_all(configuration.root(), name, found);
  return found;
}

void propose(LocalCase& local, Fix fix, const ConfigurationPatch& patch, const Result<>& done) {
  local.propose(std::move(fix), changed_patch(patch, done));
}

/// A certificate on this host that covers all names of the server, valid now, with its key.
void propose_fitting_pair(LocalCase& local, const nginx::Directive& server) {
  const nginx::ServerNames names = nginx::server_names(server);
  std::vector<std::string> wanted;
  for (const nginx::ServerName& name : names.names) {
    if (name.kind == nginx::ServerName::Kind::exact && !name.text.empty())
      wanted.push_back(name.text);
  }
  const auto pair = find_fitting_pair(local, wanted);
  if (!pair) return;
  Fix fix = local.known("add-certificate");
  fix.title = load_text("lacking.serve", {{"file", pair->certificate}, {"name", wanted.front()}});
  local.propose(std::move(fix), patch_with_pair(local, server, *pair));
}

/// A server for whoever asks for no name that is served needs no certificate: it turns them away,
/// and the others of its socket answer.
void propose_reject_handshake(LocalCase& local, const nginx::Directive& server) {
  const auto names = nginx::server_names(server).names;
  const bool has_host = std::any_of(names.begin(), names.end(), [](const nginx::ServerName& name) {
    return name.kind != nginx::ServerName::Kind::exact || name.text.find('.') != std::string::npos;
  });
  const auto& listeners = local.surroundings().nginx->listeners.listeners();
  const bool has_neighbour =
      std::any_of(listeners.begin(), listeners.end(), [&](const nginx::Listener& listener) {
        const auto is_it = [&](const nginx::ListeningServer& one) {
          return one.server->directive == &server;
        };
        const auto serves = [](const nginx::ListeningServer& one) {
          return !one.settings.certificates.set_by.empty();
        };
        return std::any_of(listener.servers.begin(), listener.servers.end(), is_it) &&
               std::any_of(listener.servers.begin(), listener.servers.end(), serves);
      });
  if (has_host || !has_neighbour) return;
  ConfigurationPatch patch = local.new_patch();
  const auto done =
      patch.set_directive(server, "ssl_reject_handshake", std::array{std::string("on")});
  propose(local, local.known("reject-handshake"), patch, done);
}

/// `no "ssl_certificate" is defined for the "listen ... ssl" directive in FILE:LINE`; the line is
/// that of the server's block or listen.
const nginx::Directive* server_at(const LocalCase& local, const LoadError& error) {
  const nginx::Directive* best = nullptr;
  for (const nginx::Directive* server : find_all(local.configuration(), "server")) {
    if (!server->has_block || server->file == nullptr ||
        (!error.file.empty() && server->file->path != error.file))
      continue;
    if (server->line <= error.line && (best == nullptr || server->line >= best->line))
      best = server;
  }
  return best;
}

void diagnose_missing_certificate(LocalCase& local, const LoadError& error) {
  const nginx::Directive* server = server_at(local, error);
  const std::string place =
      server != nullptr ? where(*server) : error.file + ":" + std::to_string(error.line);
  local.conclude("server_cert_not_configured", 0.95,
                 load_text("lacking.certificate", {{"place", place}}));
  if (server == nullptr) return;
  local.set_place(*server);
  propose_fitting_pair(local, *server);
  if (local.diagnosis.fixes.empty()) propose_reject_handshake(local, *server);
  if (!local.diagnosis.fixes.empty()) return;
  const std::string name = nginx::server_names(*server).logged;
  const NewFile pem = new_pem_file(local.configuration(), local.files(), {},
                                   (name.empty() ? "server" : name) + ".pem");
  const NewFile key = new_pem_file(local.configuration(), local.files(), {},
                                   (name.empty() ? "server" : name) + ".key");
  Fix fix = local.known("add-certificate");
  fix.how =
      load_text("lacking.obtain_certificate",
                {{"name", name.empty() ? load_text("lacking.names_of_server") : Text{name, name}},
                 {"place", place}});
  fix.commands = {
      "# in the server block at " + place + ": ssl_certificate " + pem.written +
          "; ssl_certificate_key " + key.written + ";",
      "openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout " +
          shell_word(key.path) + " -out server.csr" +
          (name.empty() ? std::string() : " -subj " + shell_word("/CN=" + name)),
      "# have server.csr signed; leaf and intermediates, in this order, go to " + pem.path,
      kReload};
  local.propose(std::move(fix));
}

void diagnose_missing_key(LocalCase& local, const std::string& key_directive,
                          const std::string& written) {
  const std::string certificate_path =
      local.configuration().full_path(written, nginx::PathBase::configuration);
  local.conclude(
      "config_directive_missing", 0.95,
      load_text("lacking.key", {{"directive", key_directive}, {"file", certificate_path}}));
  const auto files = configured_files(local.configuration(), certificate_path);
  const auto certificate = std::find_if(
      files.begin(), files.end(),
      [&](const ConfiguredFile& file) { return file.directive->name + "_key" == key_directive; });
  if (certificate == files.end()) return;
  local.set_place(*certificate->directive);
  if (const auto key = key_for_certificate(local, certificate_path)) {
    Fix fix = local.known("add-directive");
    fix.title = load_text("lacking.add_key", {{"directive", key_directive}, {"key", *key}});
    ConfigurationPatch patch = local.new_patch();
    const bool is_absolute = certificate->written().starts_with("/");
    const std::string key_word = written_path(local, *key, !is_absolute);
    const auto done = patch.set_directive(*certificate->directive->parent, key_directive,
                                          std::span(&key_word, 1));
    return propose(local, std::move(fix), patch, done);
  }
  Fix fix = local.known("add-directive");
  fix.how = load_text("lacking.add_key_of", {{"directive", key_directive},
                                             {"file", certificate_path},
                                             {"place", where(*certificate->directive)}});
  fix.commands = {
      "openssl x509 -in " + shell_word(certificate_path) + " -noout -pubkey | openssl sha256",
      "openssl pkey -in <file of the key> -pubout | openssl sha256   # must print the same",
      kReload};
  local.propose(std::move(fix));
}

/// Clients are verified with ssl_trusted_certificate as well: naming the same file adds no trust,
/// it tells clients which CAs count.
void propose_trusted_as_client_cas(LocalCase& local, const nginx::Directive& verify) {
  const auto trusted = nginx::find_inherited(*verify.parent, "ssl_trusted_certificate");
  if (trusted.empty()) return;
  const std::string file(trusted.front()->argument(0));
  Fix fix = local.known("add-directive");
  fix.title = load_text("lacking.add_client_ca", {{"file", file}});
  fix.how = load_text("lacking.client_ca_tells");
  ConfigurationPatch patch = local.new_patch();
  const auto done =
      patch.set_directive(*verify.parent, "ssl_client_certificate", std::span(&file, 1));
  propose(local, std::move(fix), patch, done);
}

/// "no proxy_ssl_trusted_certificate for proxy_ssl_verify", "no ssl_client_certificate for
/// ssl_verify_client".
void diagnose_missing_trust(LocalCase& local, const std::string& missing,
                            const std::string& asked_by) {
  local.conclude("config_directive_missing", 0.95,
                 load_text("lacking.cas", {{"asked_by", asked_by}, {"missing", missing}}));
  for (const nginx::Directive* verify : find_all(local.configuration(), asked_by)) {
    if (verify->argument(0) == "off" || verify->argument(0) == "optional_no_ca" ||
        verify->parent == nullptr)
      continue;
    if (!nginx::find_inherited(*verify->parent, missing).empty()) continue;
    local.set_place(*verify);
    local.add_evidence("configuration",
                       load_text("lacking.cas_in_place", {{"place", where(*verify)},
                                                          {"asked_by", asked_by},
                                                          {"value", verify->argument(0)},
                                                          {"missing", missing}}));
    if (missing == "ssl_client_certificate") propose_trusted_as_client_cas(local, *verify);
    if (missing.ends_with("trusted_certificate") && asked_by != "ssl_verify_client")
      propose_trust_directive(local, *verify, missing);
    if (local.diagnosis.fixes.empty()) {
      Fix fix = local.known("add-directive");
      const NewFile bundle =
          new_pem_file(local.configuration(), local.files(), {},
                       asked_by == "ssl_verify_client" ? "client-ca.pem" : "upstream-ca.pem");
      fix.how =
          load_text("lacking.add_cas",
                    {{"missing", missing}, {"file", bundle.written}, {"place", where(*verify)}});
      fix.commands = {"cat root.pem > " + shell_word(bundle.path), kReload};
      local.propose(std::move(fix));
    }
    return;
  }
}

}  // namespace

bool diagnose_missing_directive(LocalCase& local, const LoadError& error) {
  const std::string& message = local.symptom().message;
  if (message.starts_with("no \"ssl_certificate\" is defined")) {
    diagnose_missing_certificate(local, error);
    return true;
  }
  if (message.starts_with("no \"") && error.subject().ends_with("certificate_key")) {
    if (error.quoted.size() > 1 && message.find("for certificate") != std::string::npos) {
      diagnose_missing_key(local, std::string(error.subject()), error.quoted[1]);
      return true;
    }
    const nginx::Directive* server = server_at(local, error);
    const auto certificates = server != nullptr ? nginx::find_inherited(*server, "ssl_certificate")
                                                : std::span<const nginx::Directive* const>();
    if (certificates.empty()) return false;
    const std::string path = local.configuration().full_path(certificates.front()->argument(0),
                                                             nginx::PathBase::configuration);
    diagnose_missing_key(local, "ssl_certificate_key", path);
    return true;
  }
  const std::size_t gap = message.find(" for ");
  if (!message.starts_with("no ") || gap == std::string::npos ||
      message.find('"') != std::string::npos)
    return false;
  std::string missing = message.substr(3, gap - 3);
  missing =
      missing.substr(0, missing.find(' '));  // "ssl_client_certificate or ssl_trusted_certificate"
  std::string asked_by = message.substr(gap + 5);
  asked_by = asked_by.substr(0, asked_by.find_first_of(" ,"));
  if (asked_by == "ssl_client_verify")
    asked_by = "ssl_verify_client";  // so nginx writes it in stream and mail
  if (!missing.ends_with("certificate") || asked_by.find("verify") == std::string::npos)
    return false;
  diagnose_missing_trust(local, missing, asked_by);
  return true;
}

}  // namespace handshaked::diagnose
