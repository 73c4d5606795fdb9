#include "web/web_front.h"

#include <utility>

#include "telemetry/log.h"

namespace handshaked::web {

WebFront::WebFront(boost::asio::any_io_executor loop, const config::Web& web, const std::string& host, Language language,
                   Site::Daemon daemon)
    : loop_(std::move(loop)), web_(web), site_(std::move(daemon), {.has_page = web.page, .language = language}) {
  options_.host_names = web.hosts;
  options_.host_names.push_back(host);
}

Result<> WebFront::open() {
  if (web_.listen.empty()) return success();
  TRY(options_.endpoint, net::parse_endpoint(web_.listen));
  server_.emplace(loop_, options_, [this](const net::HttpRequest& request, WebReply reply) { site_.answer(request, std::move(reply)); });
  if (const auto started = server_->start(); !started) {
    server_.reset();
    if (web_.is_explicit) return fail(started.error().wrapped("[web]"));
    telemetry::log_warning("no metrics and no page: " + started.error().message() +
                           "; name another address in [web] of the configuration, or listen = \"\" for none");
    return success();
  }
  std::string where = web_.listen;
  if (options_.endpoint.port == 0 && !options_.endpoint.is_unix()) where += " (port " + std::to_string(server_->port()) + ")";
  telemetry::log_info(std::string(web_.page ? "metrics and the page of live incidents" : "metrics") + " at " + where);
  if (!options_.endpoint.is_local())
    telemetry::log_warning(std::string(web_.page ? "metrics and the page of live incidents" : "metrics") +
                           " can be read without a password by whoever reaches " + web_.listen);
  return success();
}

void WebFront::stop() {
  if (server_) server_->stop();
}

}  // namespace handshaked::web
