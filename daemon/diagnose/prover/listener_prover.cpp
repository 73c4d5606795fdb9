#include "diagnose/prover/listener_prover.h"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>

#include "base/file_descriptor.h"
#include "base/signals_held.h"
#include "diagnose/prover/private_instance.h"
#include "diagnose/prover/server_text.h"

namespace handshaked::diagnose {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::string_view kListenerSocket = "listener.sock", kListenerLog = "listener.log";
constexpr std::chrono::seconds kLongestAnswer{6};
/// An http server writes bodies there; none of ours comes to that, and its directories are made at
/// the start.
constexpr std::string_view kTemporaryPaths =
    "  access_log off;\n  client_body_temp_path body;\n  proxy_temp_path proxy;\n  "
    "fastcgi_temp_path fastcgi;\n"
    "  uwsgi_temp_path uwsgi;\n  scgi_temp_path scgi;\n";

/// The effective ssl_* values of a server, as an http server has them.
class HttpServer : private ServerText {
 public:
  HttpServer(const nginx::Configuration& configuration, const nginx::ConfigurationFiles& files,
             const PrivateDirectory& directory)
      : ServerText(directory, files), configuration_(configuration) {}

  Result<std::string> text(const nginx::ListenerSettings& settings) {
    if (settings.certificates.set_by.empty())
      return fail(ErrorCode::not_found, "the server has no certificate");
    TRY(add("listen", {"unix:" + directory().path(kListenerSocket), "ssl"}));
    TRY(add("error_log", {directory().path(kListenerLog), "info"}));
    for (const nginx::Directive* const one : settings.certificates.set_by) {
      TRY(add_copy("ssl_certificate", *one));
    }
    for (const nginx::Directive* const one : settings.certificate_keys.set_by) {
      TRY(add_path("ssl_certificate_key", *one));
    }
    for (const nginx::Directive* const one : settings.password_file.set_by) {
      TRY(add_path("ssl_password_file", *one));
    }
    for (const nginx::Directive* const one : settings.dhparam.set_by) {
      TRY(add_copy("ssl_dhparam", *one));
    }
    const std::string_view asks = settings.verify_client.first();
    if (!asks.empty() && asks != "off") {
      TRY(add("ssl_verify_client", {"optional_no_ca"}));  // who is good is another question
    }
    TRY(add_values("ssl_protocols", settings.protocols));
    TRY(add_values("ssl_ciphers", settings.ciphers));
    TRY(add_values("ssl_prefer_server_ciphers", settings.prefer_server_ciphers));
    TRY(add_values("ssl_ecdh_curve", settings.ecdh_curve));
    for (const nginx::Directive* const one : settings.conf_commands.set_by) {
      TRY(add("ssl_conf_command", {std::string(one->argument(0)), std::string(one->argument(1))}));
    }
    return take();
  }

 private:
  Result<std::string> path_of(const nginx::Directive& named) const {
    const std::string_view written = named.argument(0);
    const bool is_constant =
        written.find('$') == std::string_view::npos && written.find(':') == std::string_view::npos;
    if (!is_constant)
      return fail(ErrorCode::invalid_input, "only a request, or an engine, tells the file");
    return configuration_.full_path(written, nginx::PathBase::configuration);
  }
  Result<> add_path(std::string_view directive, const nginx::Directive& named) {
    TRY(const std::string path, path_of(named));
    return add(directive, {path});
  }
  Result<> add_copy(std::string_view directive, const nginx::Directive& named) {
    TRY(const std::string path, path_of(named));
    return add_copied(directive, path, "copy-" + std::to_string(copies_++) + ".pem");
  }

  const nginx::Configuration& configuration_;
  int copies_ = 0;
};

/// nginx writes why, and then closes the connection.
void wait_for_end(const FileDescriptor& connection) {
  constexpr int kPatienceMilliseconds = 500;
  char bytes[256];
  pollfd waited{connection.number(), POLLIN, 0};
  while (::poll(&waited, 1, kPatienceMilliseconds) > 0 &&
         ::recv(connection.number(), bytes, sizeof bytes, 0) > 0) {
  }
}

/// "… [info] 7#7: *1 what happened while SSL handshaking, client: unix:, …" as "what happened";
/// empty when there is no such line.
std::string refusal_in(const std::string& log) {
  const std::size_t end = log.find(" while SSL handshaking, client: ");
  if (end == std::string::npos) return {};
  const std::size_t line = log.rfind('\n', end) + 1;
  const std::size_t number = log.find(": *", line);
  const std::size_t begin = number < end ? log.find(' ', number + 2) + 1 : line;
  return log.substr(begin, end - begin);
}

}  // namespace

Result<NginxHandshake> answer_as_nginx(const nginx::Configuration& configuration,
                                       const nginx::ListeningServer& listening,
                                       const nginx::ConfigurationFiles& files,
                                       const ClientOffer& client,
                                       const NginxProverOptions& options) {
  const auto deadline = std::min(options.deadline, Clock::now() + kLongestAnswer);
  const SignalsHeld signals;  // Ctrl-C ends us when the instance and its directory are gone
  TRY(const PrivateDirectory own, PrivateDirectory::create());
  TRY(const std::string server, HttpServer(configuration, files, own).text(listening.settings));
  TRY(const auto instance,
      PrivateInstance::start(options.program, {},
                             "http {\n" + std::string(kTemporaryPaths) + server + "}\n", 1,
                             deadline));
  TRY(const FileDescriptor connection, own.connect(kListenerSocket));
  TRY(const Rehearsal seen, visit(connection.number(), client, deadline));
  if (seen.passed) return NginxHandshake{true, {}};
  wait_for_end(connection);
  const std::string complaint = refusal_in(own.read(kListenerLog));
  return NginxHandshake{false, complaint.empty() ? seen.reason : complaint};
}

}  // namespace handshaked::diagnose
