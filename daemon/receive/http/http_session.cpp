#include "receive/http/http_session.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <algorithm>
#include <cstring>

#include "net/http/http_answer.h"

namespace handshaked::receive {
namespace {

using boost::asio::awaitable;

/// An answer of no more than this leaves together with its head.
constexpr std::size_t kJoined = 16 * 1024;
/// Heads are small: what comes with them is copied, so not much more is read.
constexpr std::size_t kHeadRead = 16 * 1024;

std::string decode_base64(std::string_view text) {
  if (text.size() > 4096 || text.size() % 4 != 0) return {};
  std::string out(text.size() / 4 * 3, '\0');
  const int size = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                                   reinterpret_cast<const unsigned char*>(text.data()),
                                   static_cast<int>(text.size()));
  if (size < 0) return {};
  std::size_t length = static_cast<std::size_t>(size);
  for (std::size_t i = text.size(); i > 0 && text[i - 1] == '=' && length > 0; --i)
    --length;  // EVP counts the padding
  out.resize(length);
  return out;
}

class HttpConnection {
 public:
  HttpConnection(Connection connection, const HttpOptions& options)
      : connection_(std::move(connection)), options_(options), parser_(options.limits.request) {}

  awaitable<Result<>> run() {
    while (true) {
      const auto head = co_await read_head();
      if (!head) {
        const auto told = co_await tell_failure(head.error());
        co_return told;
      }
      if (!head.value()) co_return success();
      const auto goes_on = co_await exchange();
      if (!goes_on) co_return fail(goes_on.error());
      if (!goes_on.value()) co_return success();
      parser_.start_anew();
    }
  }

 private:
  /// False when the peer has ended instead.
  awaitable<Result<bool>> read_head() {
    bool began = !pending_.empty();
    connection_.stream.expect_within(began ? options_.limits.head : options_.limits.idle);
    if (began) {
      const auto parsed = parse_head(0);
      if (!parsed) co_return fail(parsed.error());
    }
    while (!parser_.has_head()) {
      const auto ready = co_await connection_.stream.wait_readable();
      if (!ready && !began && ready.error().code() == ErrorCode::timeout)
        co_return false;  // silence is no fault
      if (!ready) co_return fail(ready.error());
      const auto size =
          connection_.stream.read_now(connection_.scratch.subspan(pending_.size(), kHeadRead));
      if (!size && !began) co_return false;
      if (!size) co_return fail(size.error());
      if (size.value() == 0) continue;
      if (!began) connection_.stream.expect_within(options_.limits.head);
      began = true;
      const auto parsed = parse_head(size.value());
      if (!parsed) co_return fail(parsed.error());
    }
    co_return true;
  }

  /// `size` bytes were read behind what is pending.
  Result<> parse_head(std::size_t size) {
    std::memcpy(connection_.scratch.data(), pending_.data(), pending_.size());
    const std::span<char> bytes = connection_.scratch.first(pending_.size() + size);
    TRY(const auto step, parser_.parse(bytes));
    pending_.assign(bytes.data() + step.used, bytes.size() - step.used);
    return success();
  }

  /// Answers one request. False when the connection has to end.
  awaitable<Result<bool>> exchange() {
    const net::HttpRequest& request = parser_.request();
    ConnectionBody body(connection_, parser_, pending_, options_.limits);
    const HttpRoute* route = nullptr;
    std::optional<HttpAnswer> answer = refuse_unread(request, route);
    if (!answer) {
      const auto begun = body.begin(route->is_endless);
      if (!begun) answer = answer_for(begun.error());
    }
    if (!answer) {
      auto handled = co_await route->handler(request, body, connection_);
      if (handled) {
        answer = std::move(handled).value();
      } else {
        connection_.intake.discard();
        if (handled.error().code() == ErrorCode::network)
          co_return fail(handled.error());  // nobody is there to be told
        if (handled.error().code() == ErrorCode::invalid_input)
          connection_.intake.count_malformed(1, handled.error().message());
        answer = answer_for(handled.error());
      }
    }
    connection_.stream.expect_within(options_.limits.body_gap);
    const bool was_read = co_await body.skip_rest();
    const bool keeps_alive = was_read && parser_.keeps_alive() && answer->status != 408;
    const auto written = co_await write(*answer, request.method == "HEAD", keeps_alive);
    if (!written) co_return fail(written.error());
    co_return keeps_alive;
  }

  awaitable<Result<>> write(const HttpAnswer& answer, bool head_only, bool keeps_alive) {
    std::string bytes = head_of(answer, keeps_alive);
    std::string_view body = head_only ? std::string_view() : answer.body;
    if (body.size() <= kJoined) {
      bytes += body;
      body = {};
    }
    CO_TRY(co_await connection_.stream.write_all(bytes));
    connection_.stream.expect_within(options_.limits.body_gap +
                                     std::chrono::seconds(body.size() / kSlowestBytes));
    auto written = co_await connection_.stream.write_all(body);
    co_return written;
  }

  std::optional<HttpAnswer> refuse_unread(const net::HttpRequest& request,
                                          const HttpRoute*& route) const {
    if (request.has_header("origin") || request.has_header("sec-fetch-site"))
      return refusal(403, "requests of web pages are not taken");
    if (options_.tokens != nullptr && !options_.tokens->accept(request.header("authorization"))) {
      HttpAnswer answer = refusal(401, "a token is needed: Authorization: Bearer TOKEN");
      answer.headers.emplace_back("WWW-Authenticate", "Bearer, Basic realm=\"handshaked\"");
      return answer;
    }
    bool has_path = false;
    for (const HttpRoute& candidate : options_.routes) {
      if (!fits_path(candidate.path, request.path)) continue;
      has_path = true;
      if (std::find(candidate.methods.begin(), candidate.methods.end(), request.method) ==
          candidate.methods.end())
        continue;
      route = &candidate;
      return std::nullopt;
    }
    return has_path ? refusal(405, "this path does not know this method")
                    : refusal(404, "nothing is taken at this path");
  }

  static std::string head_of(const HttpAnswer& answer, bool keeps_alive) {
    net::HttpAnswerHead head(answer.status);
    head.header("Server", "handshaked");
    if (!answer.body.empty()) head.header("Content-Type", answer.content_type);
    if (answer.status != 204) head.header("Content-Length", std::to_string(answer.body.size()));
    for (const auto& [name, value] : answer.headers) head.header(name, value);
    return head.finished(keeps_alive);
  }

  /// The head could not be read. Says why, if the peer may still listen.
  awaitable<Result<>> tell_failure(Error why) {
    if (why.code() == ErrorCode::network) co_return fail(why);
    HttpAnswer answer = answer_for(why);
    if (answer.status == 413) answer.status = 431;
    connection_.stream.expect_within(std::chrono::seconds(5));
    [[maybe_unused]] const auto ignored = co_await write(answer, false, false);
    co_return fail(why);
  }

  Connection connection_;
  const HttpOptions& options_;
  net::HttpRequestParser parser_;
  std::string pending_;  ///< read, and not yet parsed
};

awaitable<Result<>> run_http(Connection connection, std::shared_ptr<const HttpOptions> options) {
  HttpConnection http(std::move(connection), *options);
  auto ended = co_await http.run();
  co_return ended;
}

}  // namespace

bool fits_path(std::string_view pattern, std::string_view path) {
  while (true) {
    if (pattern == "**") return true;
    const std::string_view wanted = pattern.substr(0, pattern.find('/'));
    const std::string_view segment = path.substr(0, path.find('/'));
    if (wanted != segment && (wanted != "*" || segment.empty())) return false;
    const bool pattern_ends = wanted.size() == pattern.size();
    const bool path_ends = segment.size() == path.size();
    if (pattern_ends || path_ends) return pattern_ends && path_ends;
    pattern.remove_prefix(wanted.size() + 1);
    path.remove_prefix(segment.size() + 1);
  }
}

void AcceptedTokens::use(std::vector<std::string> tokens) {
  auto newest = std::make_shared<const std::vector<std::string>>(std::move(tokens));
  const std::lock_guard lock(mutex_);
  tokens_ = std::move(newest);
}

bool AcceptedTokens::accept(std::string_view authorization) const {
  const auto space = authorization.find(' ');
  if (space == std::string_view::npos) return false;
  const std::string_view scheme = authorization.substr(0, space);
  std::string shown(authorization.substr(space + 1));
  const bool is_basic = net::is_same_without_case(scheme, "basic");
  if (is_basic || net::is_same_without_case(scheme, "apikey")) {
    const std::string decoded = decode_base64(shown);
    const auto colon = decoded.find(':');
    if (colon != std::string::npos) shown = decoded.substr(colon + 1);
    else if (is_basic) return false;
  } else if (!net::is_same_without_case(scheme, "bearer")) {
    return false;
  }
  const auto tokens = [this] {
    const std::lock_guard lock(mutex_);
    return tokens_;
  }();
  bool found = false;
  for (const std::string& token : *tokens)
    found = (token.size() == shown.size() &&
             CRYPTO_memcmp(token.data(), shown.data(), token.size()) == 0) ||
            found;
  return found;
}

Session http_session(HttpOptions options) {
  return [shared = std::make_shared<const HttpOptions>(std::move(options))](Connection connection) {
    return run_http(std::move(connection), shared);
  };
}

}  // namespace handshaked::receive
