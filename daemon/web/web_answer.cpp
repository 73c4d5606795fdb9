#include "web/web_answer.h"

#include <algorithm>

#include <boost/beast/http/status.hpp>

#include "base/json/json_writer.h"

namespace handshaked::web {
namespace {

constexpr std::pair<std::string_view, std::string_view> kAlways[] = {
    {"Server", "handshaked"},
    {"Cache-Control", "no-store"},
    {"X-Content-Type-Options", "nosniff"},
    {"Referrer-Policy", "no-referrer"},
    {"X-Frame-Options", "DENY"},
    {"Cross-Origin-Resource-Policy", "same-origin"},
    {"Content-Security-Policy", "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"},
};

}  // namespace

WebAnswer web_refusal(unsigned status, std::string_view why) {
  WebAnswer answer{.status = status, .content_type = "application/json"};
  JsonWriter(answer.body).begin_object().member("error", why).member("status", status).end_object();
  answer.body += '\n';
  return answer;
}

std::string to_bytes(const WebAnswer& answer, bool head_only, bool keeps_alive) {
  const auto reason = boost::beast::http::obsolete_reason(static_cast<boost::beast::http::status>(answer.status));
  std::string bytes = "HTTP/1.1 " + std::to_string(answer.status) + " " + std::string(reason.data(), reason.size()) + "\r\n";
  const auto header = [&bytes](std::string_view name, std::string_view value) {
    bytes.append(name).append(": ").append(value).append("\r\n");
  };
  header("Content-Type", answer.content_type);
  if (!answer.feed) header("Content-Length", std::to_string(answer.body.size()));
  for (const auto& [name, value] : kAlways) {
    const bool is_replaced = std::any_of(answer.headers.begin(), answer.headers.end(),
                                         [name = name](const auto& own) { return net::is_same_without_case(own.first, name); });
    if (!is_replaced) header(name, value);
  }
  for (const auto& [name, value] : answer.headers) header(name, value);
  if (!keeps_alive) header("Connection", "close");
  bytes += "\r\n";
  if (!head_only) bytes += answer.body;
  return bytes;
}

}  // namespace handshaked::web
