#include "web/web_answer.h"

#include <algorithm>

#include "net/http/http_answer.h"

namespace handshaked::web {
namespace {

constexpr std::pair<std::string_view, std::string_view> kAlways[] = {
    {"Server", "handshaked"},
    {"Cache-Control", "no-store"},
    {"X-Content-Type-Options", "nosniff"},
    {"Referrer-Policy", "no-referrer"},
    {"X-Frame-Options", "DENY"},
    {"Cross-Origin-Resource-Policy", "same-origin"},
    {"Content-Security-Policy",
     "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"},
};

}  // namespace

WebAnswer web_refusal(unsigned status, std::string_view why) {
  return {.status = status,
          .content_type = "application/json",
          .body = net::refusal_json(status, why) + '\n'};
}

std::string to_bytes(const WebAnswer& answer, bool head_only, bool keeps_alive) {
  net::HttpAnswerHead head(answer.status);
  head.header("Content-Type", answer.content_type);
  if (!answer.feed) head.header("Content-Length", std::to_string(answer.body.size()));
  for (const auto& [name, value] : kAlways) {
    const bool is_replaced = std::any_of(
        answer.headers.begin(), answer.headers.end(),
        [name = name](const auto& own) { return net::is_same_without_case(own.first, name); });
    if (!is_replaced) head.header(name, value);
  }
  for (const auto& [name, value] : answer.headers) head.header(name, value);
  std::string bytes = head.finished(keeps_alive);
  if (!head_only) bytes += answer.body;
  return bytes;
}

}  // namespace handshaked::web
