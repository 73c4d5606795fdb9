#include "diagnose/probe/probe_child.h"

#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <optional>
#include <string>
#include <utility>

#include "base/file_descriptor.h"
#include "base/json/json_writer.h"
#include "diagnose/certificates/der_text.h"
#include "diagnose/certificates/json_value.h"
#include "diagnose/probe/child/child_answer.h"
#include "diagnose/probe/child/child_confinement.h"
#include "diagnose/probe/child/child_material.h"
#include "diagnose/probe/child/descriptor_passing.h"
#include "diagnose/probe/probe_json.h"
#include "diagnose/probe/probe_socket.h"
#include "diagnose/probe/replay_json.h"
#include "diagnose/probe/replay_session.h"
#include "diagnose/probe/tls_handshake.h"
#include "diagnose/tls/parsed_replay.h"

// One request a line, an object with one of these members; the answer is one line too, or
// {"error":{"code","text"}}:
//
//   {"probe":{…}}, and with it the connection        {"result":{…}}              probe_json.h
//   {"resolve":"name"}                              {"addresses":["192.0.2.7"]}
//   {"add":{"certificates":["…"],"crls":["…"]}}     {"ok":true}                 base64 DER,
//   numbered from 0 in the order of arrival
//   {"replay":[{…},…]}                              {"results":[{…},…]}         replay_json.h
//   {"inspect":[0,3]}                               {"facts":[{…},null]}        null: cannot be
//   parsed
//   {"find_issuers":{"certificate":0,"candidates":[1,2]}}   {"signers":[0],"namesakes":[1]} places
//   in `candidates`

namespace handshaked::diagnose {
namespace {

constexpr std::size_t kMaxRequestBytes = 96U << 20;
constexpr unsigned kMaxRequestSeconds = 120;

/// What comes over standard input.
class Requests {
 public:
  /// Nothing at the end.
  std::optional<std::string> next() {
    std::size_t searched = 0;
    for (;;) {
      if (const auto newline = rest_.find('\n', searched); newline != std::string::npos) {
        std::string line = rest_.substr(0, newline);
        rest_.erase(0, newline + 1);
        return line;
      }
      searched = rest_.size();
      if (rest_.size() > kMaxRequestBytes) return std::nullopt;
      const ssize_t got =
          receive_with_descriptor(STDIN_FILENO, buffer_.data(), buffer_.size(), descriptor_);
      if (got == 0 || (got < 0 && errno != EINTR)) return std::nullopt;
      if (got > 0) rest_.append(buffer_, 0, static_cast<std::size_t>(got));
    }
  }

  /// What was handed over with the request.
  FileDescriptor take_descriptor() { return std::move(descriptor_); }

 private:
  std::string buffer_ = std::string(64 * 1024, '\0');
  std::string rest_;
  FileDescriptor descriptor_;
};

bool write_line(std::string line) {
  line.push_back('\n');
  for (std::string_view rest = line; !rest.empty();) {
    const ssize_t written = ::write(STDOUT_FILENO, rest.data(), rest.size());
    if (written < 0 && errno != EINTR) return false;
    if (written > 0) rest.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

Result<std::string> answer_probe(const JsonValue& asked, FileDescriptor connection) {
  TRY(const ProbeOrder order, read_probe(asked));
  if (!connection.is_open())
    return fail(ErrorCode::invalid_input, "a probe without its connection");
  std::string line;
  JsonWriter json(line);
  json.begin_object().key("result");
  write_probe_result(json,
                     make_handshake(ProbeSocket(std::move(connection)), order.request, order.key));
  json.end_object();
  return line;
}

Result<std::string> answer_resolve(const std::string& name) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int error = ::getaddrinfo(name.c_str(), nullptr, &hints, &found);
  if (error != 0)
    return fail(error == EAI_NONAME ? ErrorCode::not_found : ErrorCode::network,
                name + ": " + ::gai_strerror(error));
  std::string line;
  JsonWriter json(line);
  json.begin_object().key("addresses").begin_array();
  for (const int family : {AF_INET, AF_INET6}) {
    for (const addrinfo* one = found; one; one = one->ai_next) {
      char text[NI_MAXHOST];
      if (one->ai_family == family && ::getnameinfo(one->ai_addr, one->ai_addrlen, text,
                                                    sizeof text, nullptr, 0, NI_NUMERICHOST) == 0)
        json.value(text);
    }
  }
  json.end_array().end_object();
  ::freeaddrinfo(found);
  return line;
}

Result<std::string> answer_add(const JsonValue& request, ChildMaterial& material) {
  for (const JsonValue& text : request["certificates"].elements()) {
    TRY(auto der, der_from_text(text.text()));
    material.add_certificate(std::move(der));
  }
  for (const JsonValue& text : request["crls"].elements()) {
    TRY(auto der, der_from_text(text.text()));
    material.add_crl(std::move(der));
  }
  return std::string("{\"ok\":true}");
}

Result<ReplayResult> replay_order(const ReplayOrder& order, ChildMaterial& material) {
  if (order.chain.empty()) return fail(ErrorCode::invalid_input, "a chain without certificates");
  std::vector<x509_st*> chain;
  std::vector<x509_st*> trusted;
  std::vector<X509_crl_st*> crls;
  for (const std::size_t index : order.chain) {
    TRY(chain.emplace_back(), material.sent(index));
  }
  for (const std::size_t index : order.trusted) {
    TRY(const Certificate* certificate, material.certificate(index));
    trusted.push_back(certificate->handle());
  }
  for (const std::size_t index : order.crls) {
    TRY(crls.emplace_back(), material.crl(index));
  }
  return replay_parsed(order.settings, {chain, trusted, crls});
}

Result<std::string> answer_replay(const JsonValue& request, ChildMaterial& material) {
  std::string line;
  JsonWriter json(line);
  json.begin_object().key("results").begin_array();
  for (const JsonValue& order : request.elements()) {
    TRY(const ReplayResult result, replay_order(read_replay(order), material));
    write_replay_result(json, result);
  }
  json.end_array().end_object();
  return line;
}

Result<std::string> answer_inspect(const JsonValue& request, ChildMaterial& material) {
  std::string line;
  JsonWriter json(line);
  json.begin_object().key("facts").begin_array();
  for (const std::size_t index : read_indices(request)) {
    const auto certificate = material.certificate(index);
    if (certificate) write_facts(json, certificate.value()->facts());
    else json.null();
  }
  json.end_array().end_object();
  return line;
}

Result<std::string> answer_find_issuers(const JsonValue& request, ChildMaterial& material) {
  TRY(const Certificate* certificate, material.certificate(request["certificate"].count()));
  const std::vector<std::size_t> candidates = read_indices(request["candidates"]);
  IssuerSearch found;
  for (std::size_t place = 0; place < candidates.size(); ++place) {
    const auto candidate = material.certificate(candidates[place]);
    if (!candidate || !certificate->names_as_issuer(*candidate.value())) continue;
    (certificate->is_signed_by(*candidate.value()) ? found.signers : found.namesakes)
        .push_back(place);
  }
  std::string line;
  JsonWriter(line)
      .begin_object()
      .array("signers", found.signers)
      .array("namesakes", found.namesakes)
      .end_object();
  return line;
}

Result<std::string> answer(ChildTask task, const std::string& line, FileDescriptor handed,
                           ChildMaterial& material) {
  TRY(const auto document, JsonDocument::parse(line));
  const JsonValue request = document.root();
  if (task == ChildTask::resolve) return answer_resolve(request["resolve"].string());
  if (request["probe"].is_present()) return answer_probe(request["probe"], std::move(handed));
  if (request["add"].is_present()) return answer_add(request["add"], material);
  if (request["replay"].is_present()) return answer_replay(request["replay"], material);
  if (request["inspect"].is_present()) return answer_inspect(request["inspect"], material);
  if (request["find_issuers"].is_present())
    return answer_find_issuers(request["find_issuers"], material);
  return fail(ErrorCode::invalid_input, "no known request");
}

}  // namespace

int run_probe_child(ChildTask task) {
  // Whoever asked may have died: nothing waits for ever, and nobody is written to who has gone.
  std::signal(SIGALRM, SIG_DFL);
  std::signal(SIGPIPE, SIG_DFL);
  const auto confined = confine_this_process(task);
  ChildMaterial material;
  Requests requests;
  for (;;) {
    ::alarm(0);
    const auto line = requests.next();
    if (!line) return 0;
    ::alarm(kMaxRequestSeconds);
    const Result<std::string> answered =
        confined ? answer(task, *line, requests.take_descriptor(), material)
                 : Result<std::string>(fail(confined.error().wrapped(
                       "the child process cannot be confined, and does nothing")));
    if (!write_line(answered ? answered.value() : refusal(answered.error()))) return 1;
  }
}

}  // namespace handshaked::diagnose
