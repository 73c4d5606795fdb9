#include "web/web_front.h"

#include <utility>

#include "telemetry/log.h"

namespace handshaked::web {

using config::Web;

WebFront::WebFront(boost::asio::any_io_executor loop, const Web& web, const std::string& operators,
                   const std::string& host, Language language, Site::Daemon daemon)
    : loop_(std::move(loop)),
      web_(web),
      feed_(std::make_shared<EventFeed>(loop_)),
      site_(std::move(daemon), {.has_page = web.page != Web::Page::nobody, .language = language},
            feed_) {
  options_.host_names = web.hosts;
  options_.host_names.push_back(host);
  options_.operators = operators;
}

std::string WebFront::shown() const {
  switch (web_.page) {
    case Web::Page::nobody: return "metrics";
    case Web::Page::everybody: return "metrics and the page of live incidents";
    case Web::Page::operators: break;
  }
  if (options_.endpoint.is_unix())
    return "metrics and the page of live incidents, to who may open the socket,";
  return "metrics, and to operators the page of live incidents,";
}

Result<> WebFront::open() {
  if (web_.listen.empty()) return success();
  TRY(options_.endpoint, net::parse_endpoint(web_.listen));
  // What has a file has a mode; a port of loopback is open to every user of this host.
  if (web_.page == Web::Page::operators && !options_.endpoint.is_unix()) {
    options_.is_for_operators = [](std::string_view path) {
      return path != "/metrics" && path != "/healthz" && path != "/readyz";
    };
  }
  server_.emplace(loop_, options_, [this](const net::HttpRequest& request, WebReply reply) {
    site_.answer(request, std::move(reply));
  });
  if (const auto started = server_->start(); !started) {
    server_.reset();
    if (web_.is_explicit) return fail(started.error().wrapped("[web]"));
    telemetry::log_warning(
        "no metrics and no page: " + started.error().message() +
        "; name another address in [web] of the configuration, or listen = \"\" for none");
    return success();
  }
  std::string where = web_.listen;
  if (options_.endpoint.port == 0 && !options_.endpoint.is_unix())
    where += " (port " + std::to_string(server_->port()) + ")";
  telemetry::log_info(shown() + " at " + where);
  if (!options_.endpoint.is_local())
    telemetry::log_warning(shown() + " can be read without a password by anyone who can reach " +
                           web_.listen);
  return success();
}

void WebFront::stop() {
  feed_->stop();
  if (server_) server_->stop();
}

}  // namespace handshaked::web
