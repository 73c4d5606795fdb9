#include "net/tls_client.h"

#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/verify_mode.hpp>

#include "base/host_tls.h"

namespace handshaked::net {
namespace {

namespace ssl = boost::asio::ssl;
using boost::system::error_code;

auto refuse(const std::string& what, const std::string& file, const error_code& why) {
  return fail(ErrorCode::invalid_configuration, what + " " + file + ": " + why.message());
}

int ticket_index() {
  static const int index = SSL_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
  return index;
}

int note_ticket(SSL* session, SSL_SESSION*) {
  if (auto* const has_ticket = static_cast<bool*>(SSL_get_ex_data(session, ticket_index())))
    *has_ticket = true;
  return 0;  // we keep no session
}

}  // namespace

void TlsClient::watch_for_ticket(ssl_st* session, bool& has_ticket) {
  SSL_set_ex_data(session, ticket_index(), &has_ticket);
}

TlsClient::TlsClient(std::unique_ptr<ssl::context> context) : context_(std::move(context)) {}
TlsClient::TlsClient(TlsClient&&) noexcept = default;
TlsClient& TlsClient::operator=(TlsClient&&) noexcept = default;
TlsClient::~TlsClient() = default;

Result<std::optional<TlsClient>> TlsClient::create_for(const ReceiverUrl& url,
                                                       const TlsClientOptions& options) {
  if (!url.is_tls) return std::optional<TlsClient>();
  TRY(TlsClient client, create(options));
  return std::optional<TlsClient>(std::move(client));
}

Result<TlsClient> TlsClient::create(const TlsClientOptions& options) {
  auto context = std::make_unique<ssl::context>(ssl::context::tls_client);
  error_code error;
  SSL_CTX_set_min_proto_version(context->native_handle(), TLS1_2_VERSION);
  // No session is ever resumed: tickets are only noticed.
  SSL_CTX_set_session_cache_mode(context->native_handle(),
                                 SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  SSL_CTX_sess_set_new_cb(context->native_handle(), note_ticket);
  context->set_verify_mode(ssl::verify_peer, error);
  if (error) return refuse("cannot require verification", "", error);
  // Without a callback OpenSSL would ask for a passphrase on the terminal.
  context->set_password_callback(
      [](std::size_t, ssl::context::password_purpose) { return std::string(); }, error);

  std::string ca_file = options.ca_file;
  // Where the OpenSSL that is linked was built for another distribution, its own paths lead
  // nowhere.
  if (ca_file.empty() && !openssl_finds_cas()) ca_file = host_ca_bundle().value_or("");
  if (ca_file.empty()) context->set_default_verify_paths(error);
  else context->load_verify_file(ca_file, error);
  if (error) return refuse("cannot read the CA file", ca_file, error);

  if (options.certificate_file.empty() != options.key_file.empty())
    return fail(ErrorCode::invalid_configuration,
                "a client certificate needs its key, and a key its certificate");
  if (!options.certificate_file.empty()) {
    context->use_certificate_chain_file(options.certificate_file, error);
    if (error) return refuse("cannot read the client certificate", options.certificate_file, error);
    context->use_private_key_file(options.key_file, ssl::context::pem, error);
    if (error) return refuse("cannot use the client key", options.key_file, error);
  }
  return TlsClient(std::move(context));
}

}  // namespace handshaked::net
