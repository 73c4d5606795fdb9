#include "receive/http/http_routes.h"

#include "receive/http/elasticsearch.h"
#include "receive/http/loki_push.h"
#include "receive/http/otlp_logs.h"

namespace handshaked::receive {
namespace {

HttpHandler ready_handler() {
  return [](const net::HttpRequest&, HttpBody&,
            Connection) -> boost::asio::awaitable<Result<HttpAnswer>> {
    co_return HttpAnswer{.body = "ready\n", .content_type = "text/plain"};
  };
}

}  // namespace

std::vector<HttpRoute> http_routes(const FieldNames& names, const HttpLimits& limits) {
  const HttpHandler lines = lines_handler(names);
  const HttpHandler loki = loki_push_handler(limits.body_bytes);
  std::vector<HttpRoute> routes{{{"POST", "PUT"}, "/", lines},
                                {{"POST", "PUT"}, "/lines", lines},
                                {{"POST"}, "/loki/api/v1/push", loki},
                                {{"POST"}, "/api/prom/push", loki},
                                {{"GET", "HEAD"}, "/ready", ready_handler()},
                                {{"POST"}, "/v1/logs", otlp_logs_handler(names)}};
  for (HttpRoute& route : elasticsearch_routes(names)) routes.push_back(std::move(route));
  return routes;
}

}  // namespace handshaked::receive
