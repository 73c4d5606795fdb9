#include "receive/http/http_routes.h"

#include "receive/http/edge_report.h"
#include "receive/http/http_exchange.h"
#include "receive/record/json_tree.h"

namespace handshaked::receive {
namespace {

boost::asio::awaitable<Result<HttpAnswer>> take_edge_message(const net::HttpRequest& request,
                                                             HttpBody& body, Connection connection,
                                                             EdgeMessageOptions options) {
  ByteWindow all(connection.memory);
  CO_TRY(co_await body.read_all(all));
  Reservation tree(connection.memory);
  const std::size_t needed = 2 * json_tree_bytes(all.view());
  if (!tree.grow_to(needed)) co_return fail(tree.refusal(needed));
  auto report = read_edge_report(all.view());
  if (!report) {
    // What is no message at all is counted by whoever answers it.
    if (report.error().code() != ErrorCode::invalid_input)
      connection.intake.count_malformed(1, report.error().message());
    co_return fail(report.error());
  }
  all.release();
  report.value().silent_after = options.silent_after;
  if (options.is_named_by_connection)
    report.value().host =
        connection.peer.common_name.empty() ? connection.peer.address : connection.peer.common_name;
  ++connection.counters.records;
  connection.intake.add_edge_report(std::move(report).value());
  HttpAnswer taken{.body = "{\"taken\":true}"};
  auto answer = co_await commit_and_answer(request, connection, std::move(taken));
  co_return answer;
}

}  // namespace

HttpHandler edge_messages_handler(EdgeMessageOptions options) {
  return [options](const net::HttpRequest& request, HttpBody& body, Connection connection) {
    return take_edge_message(request, body, std::move(connection), options);
  };
}

}  // namespace handshaked::receive
