#include "diagnose/tls/tls_probe.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <sstream>
#include <utility>

#include "base/file_descriptor.h"
#include "diagnose/certificates/json_value.h"
#include "diagnose/probe/child/child_process.h"
#include "diagnose/probe/probe_json.h"
#include "diagnose/probe/probe_socket.h"

namespace handshaked::diagnose {

// Both as in ngx_http_upstream_ssl_name() and ngx_stream_proxy_ssl_name().
std::string checked_name(std::string_view ssl_name) {
  const bool has_bracket =
      ssl_name.starts_with('[') && ssl_name.find(']') != std::string_view::npos;
  return std::string(ssl_name.substr(0, ssl_name.find(':', has_bracket ? ssl_name.find(']') : 0)));
}

std::string sni_of(std::string_view ssl_name) {
  std::string name = checked_name(ssl_name);
  in_addr ignored{};
  const bool is_address =
      name.starts_with('[') || ::inet_pton(AF_INET, name.c_str(), &ignored) == 1;
  return is_address ? std::string() : name;
}

namespace {

using Clock = std::chrono::steady_clock;

/// A regular file of a bounded size; nothing else is waited for.
Result<std::string> read_credentials(const std::string& path) {
  constexpr std::size_t kMaxBytes = 1U << 20;
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  struct stat status {};
  if (!file.is_open() || ::fstat(file.number(), &status) != 0)
    return fail(error_from_errno(errno, path));
  if (!S_ISREG(status.st_mode) || static_cast<std::size_t>(status.st_size) > kMaxBytes)
    return fail(ErrorCode::invalid_input, path + ": no regular file of this size is a key");
  std::string text(static_cast<std::size_t>(status.st_size), '\0');
  const ssize_t got = ::pread(file.number(), text.data(), text.size(), 0);
  if (got < 0) return fail(error_from_errno(errno, path));
  text.resize(static_cast<std::size_t>(got));
  return text;
}

Result<ClientKey> read_key(const ClientCredentials& client) {
  ClientKey key;
  TRY(key.pem, read_credentials(client.key_file));
  if (client.password_file.empty()) return key;
  TRY(const std::string text, read_credentials(client.password_file));
  constexpr std::size_t kMaxPasswords = 64;
  std::istringstream lines(text);
  for (std::string line; key.passwords.size() < kMaxPasswords && std::getline(lines, line);)
    key.passwords.push_back(line);
  return key;
}

ProbeOutcome connect_outcome(const SocketStep& step) {
  if (step.status == SocketStatus::timed_out || step.system_error == ETIMEDOUT)
    return ProbeOutcome::timed_out;
  if (step.system_error == ECONNREFUSED) return ProbeOutcome::refused;
  if (step.system_error == ECONNRESET) return ProbeOutcome::reset;
  return ProbeOutcome::unreachable;
}

bool open_connection(ProbeSocket& socket, const PeerAddress& address, bool sends_proxy_header,
                     Clock::time_point deadline, ProbeResult& result) {
  SocketStep step = socket.connect(address, deadline);
  if (step.status == SocketStatus::ok && sends_proxy_header) {
    result.phase = ProbePhase::proxy_header;
    step = socket.send_all(socket.proxy_header(), deadline);
  }
  if (step.status == SocketStatus::ok) return true;
  result.outcome = connect_outcome(step);
  result.system_error = step.system_error;
  if (step.system_error) result.reason = std::strerror(step.system_error);
  return false;
}

ProbeResult not_made(std::string reason) {
  ProbeResult result;
  result.reason = std::move(reason);
  return result;
}

Result<ProbeResult> probe_until(Clock::time_point end, const PeerAddress& address,
                                ProbeRequest request, const ClientKey& key,
                                Clock::time_point deadline) {
  ProbeResult result;
  ProbeSocket socket;
  if (!open_connection(socket, address, request.send_proxy_header, std::min(end, deadline), result))
    return result;
  TRY(auto child, ChildProcess::start(ChildTask::judge));
  request.timeout = std::chrono::ceil<std::chrono::milliseconds>(end - Clock::now());
  std::string line;
  JsonWriter json(line);
  json.begin_object().key("probe");
  write_probe(json, request, key);
  json.end_object();
  constexpr std::size_t kMaxAnswerBytes = 16U << 20;
  auto answer = child.exchange(line, deadline, kMaxAnswerBytes, socket.descriptor());
  if (!answer && answer.error().code() == ErrorCode::timeout) {
    result.outcome = ProbeOutcome::timed_out;
    result.reason = "killed at the deadline";
    return result;
  }
  if (!answer) return fail(answer.error().wrapped("probe of " + to_string(address)));
  TRY(const auto document, JsonDocument::parse(answer.value()));
  return read_probe_result(document.root()["result"]);
}

}  // namespace

Result<ProbeResult> run_probe(const AllowedPeer& peer, const ProbeRequest& request,
                              Clock::time_point deadline) {
  const auto begin = Clock::now();
  ClientKey key;
  if (request.client) {
    auto read = read_key(*request.client);
    if (!read) return not_made("the client key cannot be read: " + read.error().context());
    key = std::move(read).value();
  }
  const auto end = begin + std::clamp(request.timeout, std::chrono::milliseconds(1), kMaxProbeTime);
  TRY(ProbeResult result, probe_until(end, peer.address(), request, key, deadline));
  result.elapsed = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - begin);
  return result;
}

}  // namespace handshaked::diagnose
