#include "net/http/http_answer.h"

#include <utility>

#include "base/json/json_writer.h"

namespace handshaked::net {
namespace {

std::string_view reason_of(unsigned status) {
  switch (status) {
    case 200: return "OK";
    case 202: return "Accepted";
    case 204: return "No Content";
    case 304: return "Not Modified";
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 408: return "Request Timeout";
    case 413: return "Content Too Large";
    case 415: return "Unsupported Media Type";
    case 421: return "Misdirected Request";
    case 429: return "Too Many Requests";
    case 431: return "Request Header Fields Too Large";
    case 500: return "Internal Server Error";
    case 503: return "Service Unavailable";
    default: return status < 400 ? "OK" : "Error";
  }
}

}  // namespace

HttpAnswerHead::HttpAnswerHead(unsigned status) {
  bytes_.append("HTTP/1.1 ")
      .append(std::to_string(status))
      .append(" ")
      .append(reason_of(status))
      .append("\r\n");
}

HttpAnswerHead& HttpAnswerHead::header(std::string_view name, std::string_view value) {
  bytes_.append(name).append(": ").append(value).append("\r\n");
  return *this;
}

std::string HttpAnswerHead::finished(bool keeps_alive) {
  if (!keeps_alive) header("Connection", "close");
  bytes_ += "\r\n";
  return std::move(bytes_);
}

std::string refusal_json(unsigned status, std::string_view why) {
  std::string json;
  JsonWriter(json).begin_object().member("error", why).member("status", status).end_object();
  return json;
}

}  // namespace handshaked::net
