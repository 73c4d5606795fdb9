#include "runtime/network/http_listener.h"

#include <cerrno>
#include <fstream>
#include <string>

#include "receive/http/edge_report.h"
#include "receive/http/http_routes.h"
#include "runtime/delivery/secret_path.h"

namespace handshaked::runtime {
namespace {

constexpr std::size_t kLongestToken = 4096;
constexpr std::size_t kMebibyte = std::size_t{1} << 20;

/// One token a line; empty lines and what follows a '#' at the beginning do not count.
Result<> read_token_file(const std::string& file, std::vector<std::string>& tokens) {
  TRY(const std::string path, secret_path(file));
  errno = 0;
  std::ifstream stream(path, std::ios::binary);
  if (!stream) return fail(error_from_errno(errno, "the token file " + path));
  const std::size_t before = tokens.size();
  std::string line;
  while (std::getline(stream, line)) {
    while (!line.empty() && (line.back() == '\r' || line.back() == ' ' || line.back() == '\t'))
      line.pop_back();
    if (line.empty() || line.front() == '#') continue;
    if (line.size() > kLongestToken)
      return fail(ErrorCode::invalid_configuration,
                  "the token file " + path + " holds a line that is too long");
    tokens.push_back(line);
  }
  if (tokens.size() == before)
    return fail(ErrorCode::invalid_configuration, "the token file " + path + " holds no token");
  return success();
}

/// Null where there are no files.
Result<std::shared_ptr<receive::AcceptedTokens>> accepted_tokens(
    const std::vector<std::string>& files) {
  if (files.empty()) return std::shared_ptr<receive::AcceptedTokens>();
  TRY(auto tokens, read_tokens(files));
  return std::make_shared<receive::AcceptedTokens>(std::move(tokens));
}

}  // namespace

Result<std::vector<std::string>> read_tokens(const std::vector<std::string>& files) {
  std::vector<std::string> tokens;
  for (const std::string& file : files) {
    TRY(read_token_file(file, tokens));
  }
  return tokens;
}

Result<HttpListener> make_http_listener(const config::HttpSource& source) {
  receive::HttpOptions options;
  options.limits.body_bytes = source.max_body_mib * kMebibyte;
  options.limits.idle = source.idle_timeout;
  TRY(auto tokens, accepted_tokens(source.token_files));
  options.tokens = tokens;
  options.routes = receive::http_routes(source.fields, options.limits);
  options.routes.push_back(
      {.methods = {"POST"},
       .path = "/upload",
       .handler = receive::journal_upload_handler(
           {.units = source.journal_units, .identifiers = source.journal_identifiers}),
       .is_endless = true});
  return HttpListener{.session = receive::http_session(std::move(options)),
                      .tokens = std::move(tokens)};
}

Result<HttpListener> make_edge_listener(const config::EdgeSource& source) {
  receive::HttpOptions options;
  options.limits.body_bytes = receive::kEdgeMessageLimit;
  options.limits.idle = std::chrono::minutes(5);  // heartbeats come on one connection
  TRY(auto tokens, accepted_tokens(source.token_files));
  options.tokens = tokens;
  const receive::EdgeMessageOptions edge{
      .silent_after = std::chrono::duration_cast<std::chrono::seconds>(source.network.silent_after),
      .is_named_by_connection = !source.network.sender_names_host};
  options.routes.push_back(
      {.methods = {"POST"}, .path = "/v1/edge", .handler = receive::edge_messages_handler(edge)});
  return HttpListener{.session = receive::http_session(std::move(options)),
                      .tokens = std::move(tokens)};
}

}  // namespace handshaked::runtime
