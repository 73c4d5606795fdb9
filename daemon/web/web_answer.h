#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "net/http/http_request.h"
#include "web/event_feed.h"

namespace handshaked::web {

/// What a request is answered with.
struct WebAnswer {
  unsigned status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::string body = {};
  /// Beside those that every answer has (web_answer.cpp); one of the same name takes the place of
  /// ours.
  std::vector<std::pair<std::string, std::string>> headers = {};
  /// After the head the connection goes on with server-sent events of this feed; nullptr: the body
  /// is all.
  std::shared_ptr<EventFeed> feed = {};
};

/// {"error":WHY,"status":STATUS}
WebAnswer web_refusal(unsigned status, std::string_view why);

/// The bytes of it: HTTP/1.1, with the headers that keep browsers from guessing, storing, framing
/// and telling. `head_only`: the answer to HEAD.
std::string to_bytes(const WebAnswer& answer, bool head_only, bool keeps_alive);

/// Answers one GET or HEAD without a body. `reply` is to be called once, at any time later, on the
/// loop thread. The request goes when the function returns.
using WebReply = std::function<void(WebAnswer)>;
using WebHandler = std::function<void(const net::HttpRequest& request, WebReply reply)>;

}  // namespace handshaked::web
