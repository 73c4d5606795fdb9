#include "diagnose/prover/nginx_prover.h"

#include <poll.h>
#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <optional>

#include "base/file_descriptor.h"
#include "base/signals_held.h"
#include "diagnose/host/trusted_path.h"
#include "diagnose/patch/directive_text.h"
#include "diagnose/prover/private_directory.h"
#include "diagnose/prover/server_text.h"
#include "diagnose/prover/shared_nginx.h"
#include "diagnose/texts.h"
#include "diagnose/tls/peer_address.h"

namespace handshaked::diagnose {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::string_view kSocket = "s.sock", kLog = "error.log";
constexpr std::chrono::milliseconds kLateRefusal{
    300};  // a peer that refuses our certificate says so after TLS 1.3's handshake
constexpr std::chrono::seconds kLongest{8};

// --- what it is started with ---

bool was_configured_with(const nginx::Installation& installation, std::string_view argument) {
  const auto& all = installation.configure_arguments;
  return std::find(all.begin(), all.end(), argument) != all.end();
}

/// It runs with our rights: nobody but root and us may have put it there.
Result<std::string> load_line(const std::string& path) {
  TRY(open_trusted(path));
  return written_directive("load_module", std::array{path});
}

/// The line that loads the stream module; empty where it is built in.
Result<std::string> stream_module(const UpstreamView& view,
                                  const nginx::Installation& installation) {
  if (!was_configured_with(installation, "--with-stream_ssl_module"))
    return fail(ErrorCode::not_found, "this nginx has no stream module with TLS");
  if (was_configured_with(installation, "--with-stream")) return std::string();
  const nginx::Configuration& configuration = view.nginx->configuration;
  for (const nginx::Directive* const load : configuration.root().find("load_module")) {
    if (load->argument(0).find("ngx_stream_module") == std::string_view::npos) continue;
    return load_line(std::filesystem::absolute(
                         configuration.full_path(load->argument(0), nginx::PathBase::prefix))
                         .string());
  }
  constexpr std::string_view kModules = "--modules-path=";
  for (const std::string& argument : installation.configure_arguments) {
    if (!argument.starts_with(kModules)) continue;
    return load_line(argument.substr(kModules.size()) + "/ngx_stream_module.so");
  }
  return fail(ErrorCode::not_found, "where this nginx keeps its stream module is not known");
}

/// The line that says whose process parses what the peer sends: as the configuration has it, but
/// never root's; empty where nginx's own default, or whoever we are, is nobody special already.
Result<std::string> user_line(const nginx::Configuration& configuration) {
  const nginx::Directive* const user = configuration.root().find_first("user");
  if (::geteuid() != 0 || user == nullptr) return std::string();
  std::vector<std::string> words;
  for (std::size_t i = 0; i < user->arguments.size(); ++i) words.emplace_back(user->argument(i));
  const passwd* const entry = words.empty() ? nullptr : ::getpwnam(words.front().c_str());
  if (entry == nullptr || entry->pw_uid == 0) return std::string();
  return written_directive("user", words);
}

/// The effective *_ssl_* values of a place, as a stream server has them.
class StreamServer : private ServerText {
 public:
  StreamServer(const UpstreamView& view, const PrivateDirectory& directory)
      : ServerText(directory, *view.files), view_(view) {}

  Result<std::string> text(const PeerAddress& peer, const nginx::PeerName& name) {
    const nginx::UpstreamSettings& settings = view_.target->settings;
    TRY(add("listen", {"unix:" + directory().path(kSocket)}));
    TRY(add("error_log", {directory().path(kLog), "info"}));
    TRY(add("proxy_pass", {to_string(peer)}));
    TRY(add("proxy_ssl", {"on"}));
    TRY(add("proxy_ssl_session_reuse", {"off"}));
    TRY(add("proxy_ssl_server_name", {name.sni ? "on" : "off"}));
    if (!name.verified.empty()) {
      TRY(add("proxy_ssl_name", {name.verified}));
    }
    TRY(add_values("proxy_ssl_protocols", settings.protocols));
    TRY(add_values("proxy_ssl_ciphers", settings.ciphers));
    const std::vector<std::string_view> words = settings.conf_commands.values();
    for (std::size_t i = 0; i + 1 < words.size(); i += 2) {
      TRY(add("proxy_ssl_conf_command", {std::string(words[i]), std::string(words[i + 1])}));
    }
    if (settings.proxy_protocol.is_on() && view_.target->module == nginx::Module::stream_proxy) {
      TRY(add("proxy_protocol", {"on"}));
    }
    TRY(add_values("proxy_connect_timeout", settings.connect_timeout));
    TRY(add_verification(settings));
    TRY(add_client_certificate(settings));
    return take();
  }

 private:
  Result<> add_verification(const nginx::UpstreamSettings& settings) {
    if (!settings.verify.is_on()) return success();
    TRY(add("proxy_ssl_verify", {"on"}));
    TRY(add_values("proxy_ssl_verify_depth", settings.verify_depth));
    TRY(add_copy("proxy_ssl_trusted_certificate", settings.trusted_certificate, "trusted.pem"));
    return add_copy("proxy_ssl_crl", settings.crl, "list.crl");
  }

  Result<> add_client_certificate(const nginx::UpstreamSettings& settings) {
    if (settings.certificate.first().empty()) return success();
    TRY(add_copy("proxy_ssl_certificate", settings.certificate, "client.pem"));
    TRY(const std::string key, path_of(settings.certificate_key));
    TRY(add("proxy_ssl_certificate_key", {key}));
    if (settings.password_file.first().empty()) return success();
    TRY(const std::string passwords, path_of(settings.password_file));
    return add("proxy_ssl_password_file", {passwords});
  }

  Result<std::string> path_of(const nginx::EffectiveValue& value) const {
    const nginx::Resolution written =
        view_.nginx->passes.variables().resolve(value.first(), *view_.target->pass);
    if (!written.is_constant())
      return fail(ErrorCode::invalid_input, "only a request tells the file");
    return view_.nginx->configuration.full_path(written.values.front(),
                                                nginx::PathBase::configuration);
  }
  Result<> add_copy(std::string_view directive, const nginx::EffectiveValue& value,
                    std::string_view name) {
    if (value.first().empty()) return success();
    TRY(const std::string path, path_of(value));
    return add_copied(directive, path, name);
  }

  const UpstreamView& view_;
};

// --- one connection, and what nginx writes about it ---

/// nginx closes our connection when it has given up.
bool is_closed_within(const FileDescriptor& connection, std::chrono::milliseconds patience) {
  pollfd waited{connection.number(), POLLIN, 0};
  return ::poll(&waited, 1, static_cast<int>(patience.count())) > 0;
}

/// "… [error] 7#7: *1 what happened, client: unix:, server: …" as "what happened".
std::optional<std::string> complaint_in(const std::string& log) {
  for (std::size_t at = 0; at < log.size();) {
    const std::size_t end = std::min(log.find('\n', at), log.size());
    const std::string_view line(log.data() + at, end - at);
    at = end + 1;
    const bool is_complaint = line.find(" [error] ") != line.npos ||
                              line.find(" [crit] ") != line.npos ||
                              line.find(" [alert] ") != line.npos ||
                              line.find("peer closed connection in SSL handshake") != line.npos ||
                              line.find("SSL_read() failed") != line.npos;
    const std::size_t text = line.find(": *");
    if (!is_complaint || text == line.npos) continue;
    const std::size_t begin = std::min(line.find(' ', text + 2), line.size() - 1) + 1;
    return std::string(line.substr(begin, line.find(", client: ", begin) - begin));
  }
  return std::nullopt;
}

/// "… [info] 7#7: *1 proxy 127.0.0.1:40001 connected to 127.0.0.1:8443".
bool is_connected(const std::string& log) {
  return log.find(" connected to ", std::min(log.find(" proxy "), log.size())) != std::string::npos;
}

Result<NginxHandshake> watch(const PrivateDirectory& own, const FileDescriptor& connection,
                             const SignalsHeld& signals, const NginxProverOptions& options,
                             Clock::time_point deadline) {
  constexpr std::chrono::milliseconds kLook{
      50};  // for signals; what nginx writes, and our connection's end, wake us
  for (bool is_over = false; !is_over && !signals.is_asked_to_stop() && Clock::now() < deadline;) {
    is_over = own.wait_for_change_or(connection.number(), kLook);
    if (is_connected(own.read(kLog))) {
      if (options.may_refuse_late && is_closed_within(connection, kLateRefusal)) {
        if (auto complaint = complaint_in(own.read(kLog)))
          return NginxHandshake{false, std::move(*complaint)};
      }
      return NginxHandshake{true, {}};
    }
    if (auto complaint = complaint_in(own.read(kLog)))
      return NginxHandshake{false, std::move(*complaint)};
  }
  return fail(ErrorCode::timeout, "the private nginx said nothing in time");
}

}  // namespace

Proof refuted_by_nginx(const NginxHandshake& handshake) {
  return {.status = ProofStatus::refuted,
          .method = ProofMethod::nginx,
          .detail = diagnosis_text("proof.nginx_still_says", {{"complaint", handshake.complaint}})};
}

Result<NginxHandshake> shake_hands_as_nginx(const UpstreamView& view, const PeerAddress& peer,
                                            const nginx::PeerName& name,
                                            const NginxProverOptions& options) {
  const auto deadline = std::min(options.deadline, Clock::now() + kLongest);
  TRY(const std::string module, stream_module(view, *options.installation));
  TRY(const std::string user, user_line(view.nginx->configuration));
  const SignalsHeld signals;  // Ctrl-C ends us when the instance and its directory are gone
  TRY(const PrivateDirectory own, PrivateDirectory::create());
  HostedServer server{options.program, module + "\n" + user + "\n", {}, deadline};
  TRY(server.text, StreamServer(view, own).text(peer, name));
  TRY(const auto instance,
      options.together != nullptr ? options.together->host(server) : host_alone(server));
  TRY(const FileDescriptor connection, own.connect(kSocket));
  return watch(own, connection, signals, options, deadline);
}

}  // namespace handshaked::diagnose
