#include "diagnose/tls/tls_probe.h"

#include <arpa/inet.h>

#include "diagnose/certificates/json_value.h"
#include "diagnose/probe/child_process.h"
#include "diagnose/probe/probe_json.h"

namespace handshaked::diagnose {

// Both as in ngx_http_upstream_ssl_name() and ngx_stream_proxy_ssl_name().
std::string checked_name(std::string_view ssl_name) {
  const bool has_bracket = ssl_name.starts_with('[') && ssl_name.find(']') != std::string_view::npos;
  return std::string(ssl_name.substr(0, ssl_name.find(':', has_bracket ? ssl_name.find(']') : 0)));
}

std::string sni_of(std::string_view ssl_name) {
  std::string name = checked_name(ssl_name);
  in_addr ignored{};
  const bool is_address = name.starts_with('[') || ::inet_pton(AF_INET, name.c_str(), &ignored) == 1;
  return is_address ? std::string() : name;
}

Result<ProbeResult> run_probe(const AllowedPeer& peer, const ProbeRequest& request, std::chrono::steady_clock::time_point deadline) {
  TRY(auto child, ChildProcess::start());
  std::string line;
  JsonWriter json(line);
  json.begin_object().key("probe");
  write_probe(json, peer.address(), request);
  json.end_object();
  constexpr std::size_t kMaxAnswerBytes = 16U << 20;
  auto answer = child.exchange(line, deadline, kMaxAnswerBytes);
  if (!answer && answer.error().code() == ErrorCode::timeout) {
    ProbeResult killed;
    killed.outcome = ProbeOutcome::timed_out;
    killed.reason = "killed at the deadline";
    return killed;
  }
  if (!answer) return fail(answer.error().wrapped("probe of " + to_string(peer.address())));
  TRY(const auto document, JsonDocument::parse(answer.value()));
  return read_probe_result(document.root()["result"]);
}

}  // namespace handshaked::diagnose
