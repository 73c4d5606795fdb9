#include "engine/nats/nats_connection.h"

#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "base/text/joined.h"
#include "engine/nats/subject_pattern.h"

namespace handshaked::engine {
namespace {

struct OptionsEnd {
  void operator()(natsOptions* options) const { natsOptions_Destroy(options); }
};

constexpr int kBufferedWhileAway = 1 << 20;
constexpr std::int64_t kReconnectWait = 500;
constexpr std::int64_t kPingInterval = 10'000;
constexpr std::int64_t kLastWordMilliseconds = 500;

ErrorCode code_of(natsStatus status) {
  switch (status) {
    case NATS_TIMEOUT: return ErrorCode::timeout;
    case NATS_NOT_FOUND: return ErrorCode::not_found;
    case NATS_CONNECTION_AUTH_FAILED:
    case NATS_NOT_PERMITTED: return ErrorCode::permission_denied;
    case NATS_INVALID_ARG: return ErrorCode::invalid_configuration;
    case NATS_MAX_PAYLOAD: return ErrorCode::limit_exceeded;
    default: return ErrorCode::network;
  }
}

/// What the last call of this thread said, without the place in the library's source
/// ("(conn.c:733): ").
std::string last_words(natsStatus status) {
  natsStatus of_last = NATS_OK;
  const char* const said = nats_GetLastError(&of_last);
  const std::string general = natsStatus_GetText(status);
  std::string_view words = said == nullptr || of_last != status ? std::string_view() : said;
  if (const std::size_t place = words.find("): ");
      words.starts_with('(') && place != std::string_view::npos)
    words.remove_prefix(place + 3);
  return words.empty() ? general : std::string(words);
}

/// Tries one setting after another, and keeps the first that is refused.
class Settings {
 public:
  void set(natsStatus status, std::string_view what) {
    if (status != NATS_OK && !problem_)
      problem_ =
          Error(ErrorCode::invalid_configuration, std::string(what) + ": " + last_words(status));
  }
  Result<> end() const {
    if (problem_) return fail(*problem_);
    return success();
  }

 private:
  std::optional<Error> problem_;
};

Result<> set_identity(natsOptions* into, const NatsOptions& options) {
  Settings settings;
  if (!options.credentials_file.empty())
    settings.set(
        natsOptions_SetUserCredentialsFromFiles(into, options.credentials_file.c_str(), nullptr),
        "credentials_file");
  if (!options.nkey.empty())
    settings.set(natsOptions_SetNKeyFromSeed(into, options.nkey.c_str(), options.nkey_file.c_str()),
                 "nkey");
  if (!options.token.empty())
    settings.set(natsOptions_SetToken(into, options.token.c_str()), "token_file");
  if (!options.user.empty())
    settings.set(natsOptions_SetUserInfo(into, options.user.c_str(), options.password.c_str()),
                 "user");
  return settings.end();
}

Result<> set_tls(natsOptions* into, const NatsOptions& options) {
  Settings settings;
  const bool is_asked_for = !options.ca_file.empty() || !options.certificate_file.empty();
  if (is_asked_for) settings.set(natsOptions_SetSecure(into, true), "TLS");
  if (!options.ca_file.empty())
    settings.set(natsOptions_LoadCATrustedCertificates(into, options.ca_file.c_str()),
                 "ca_file " + options.ca_file);
  if (!options.certificate_file.empty())
    settings.set(natsOptions_LoadCertificatesChain(into, options.certificate_file.c_str(),
                                                   options.key_file.c_str()),
                 "client_certificate " + options.certificate_file);
  return settings.end();
}

Result<> set_connection(natsOptions* into, const NatsOptions& options) {
  std::vector<const char*> servers;
  for (const std::string& server : options.servers) servers.push_back(server.c_str());
  Settings settings;
  settings.set(natsOptions_SetServers(into, servers.data(), static_cast<int>(servers.size())),
               "servers");
  settings.set(natsOptions_SetName(into, options.client_name.c_str()), "the client's name");
  settings.set(natsOptions_SetTimeout(into, options.timeout.count()), "the timeout");
  settings.set(natsOptions_SetMaxReconnect(into, -1), "reconnecting");
  settings.set(natsOptions_SetReconnectWait(into, kReconnectWait), "reconnecting");
  settings.set(natsOptions_SetReconnectBufSize(into, kBufferedWhileAway), "reconnecting");
  settings.set(natsOptions_SetFailRequestsOnDisconnect(into, true), "reconnecting");
  settings.set(natsOptions_SetPingInterval(into, kPingInterval), "pings");
  return settings.end();
}

}  // namespace

Error nats_error(natsStatus status, std::string doing, jsErrCode jetstream) {
  if (status == NATS_NO_RESPONDERS)
    return Error(ErrorCode::network,
                 std::move(doing) +
                     ": nobody answers now: JetStream chooses a leader or is just starting, is off "
                     "there, or this account may not use it");
  std::string words = last_words(status);
  if (jetstream != 0)
    words += " (JetStream says " + std::to_string(static_cast<int>(jetstream)) + ")";
  return Error(code_of(status), std::move(doing) + ": " + words);
}

bool takes_some_of(const jsStreamConfig& stream, const std::string& pattern) {
  if (stream.Mirror != nullptr || stream.SourcesLen > 0) return true;
  for (int i = 0; i < stream.SubjectsLen; ++i) {
    if (have_subjects_in_common(stream.Subjects[i], pattern)) return true;
  }
  return false;
}

std::string subjects_of(const jsStreamConfig& stream) {
  return joined(std::span(stream.Subjects, static_cast<std::size_t>(stream.SubjectsLen)));
}

Result<std::unique_ptr<NatsConnection>> NatsConnection::open(const NatsOptions& options) {
  natsOptions* made = nullptr;
  if (const natsStatus status = natsOptions_Create(&made); status != NATS_OK)
    return fail(nats_error(status, "NATS"));
  const std::unique_ptr<natsOptions, OptionsEnd> owned(made);
  TRY(set_connection(made, options));
  TRY(set_identity(made, options));
  TRY(set_tls(made, options));

  std::unique_ptr<NatsConnection> opened(new NatsConnection());
  // The library calls back on threads of its own, the last time when the connection is closed:
  // until then this copy is its.
  using Shared = std::shared_ptr<Complaint>;
  auto closure = std::make_unique<Shared>(opened->complaint_);
  const auto on_error = [](natsConnection* connection, natsSubscription*, natsStatus status,
                           void* shared) {
    if (natsConnection_IsClosed(connection))
      return;  // a server may complain twice, and closing is the answer to the first one
    const char* words = nullptr;
    natsConnection_GetLastError(connection, &words);
    Complaint& complaint = **static_cast<Shared*>(shared);
    const std::lock_guard lock(complaint.mutex);
    complaint.text = words != nullptr && *words != '\0' ? words : natsStatus_GetText(status);
  };
  const auto on_closed = [](natsConnection*, void* shared) { delete static_cast<Shared*>(shared); };
  natsOptions_SetErrorHandler(made, on_error, closure.get());
  natsOptions_SetClosedCB(made, on_closed, closure.get());
  if (const natsStatus status = natsConnection_Connect(&opened->connection_, made);
      status != NATS_OK)
    return fail(nats_error(status, "cannot connect to " + options.servers.front() +
                                       (options.servers.size() > 1 ? " or its siblings" : "")));
  static_cast<void>(closure.release());
  jsOptions jetstream;
  jsOptions_Init(&jetstream);
  jetstream.Wait = options.timeout.count();
  if (const natsStatus status =
          natsConnection_JetStream(&opened->jetstream_, opened->connection_, &jetstream);
      status != NATS_OK)
    return fail(nats_error(status, "JetStream"));
  return opened;
}

NatsConnection::~NatsConnection() {
  if (connection_ == nullptr) return;
  // libnats 3.4 frees the subscription of its requests while its reading thread may be giving it a
  // late answer: let that come first.
  if (is_connected()) natsConnection_FlushTimeout(connection_, kLastWordMilliseconds);
  natsConnection_Close(connection_);
  jsCtx_Destroy(jetstream_);
  natsConnection_Destroy(connection_);
}

Error NatsConnection::unanswered(natsStatus status, std::string doing, jsErrCode jetstream) {
  const std::string complaint = status == NATS_TIMEOUT ? take_complaint() : std::string();
  if (!complaint.empty())
    return Error(ErrorCode::permission_denied,
                 std::move(doing) + ": the server says: " + complaint);
  return nats_error(status, std::move(doing), jetstream);
}

std::string NatsConnection::take_complaint() {
  const std::lock_guard lock(complaint_->mutex);
  return std::exchange(complaint_->text, {});
}

}  // namespace handshaked::engine
