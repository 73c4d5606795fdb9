#include "receive/http/elasticsearch.h"

#include <algorithm>
#include <memory>

#include "receive/http/http_exchange.h"
#include "receive/record/json_lines.h"

namespace handshaked::receive {
namespace {

using boost::asio::awaitable;
constexpr auto npos = std::string_view::npos;

struct Action {
  std::string_view name;
  std::string_view status;
  bool has_source;
};
constexpr Action kActions[] = {{"index", "201", true},
                               {"create", "201", true},
                               {"update", "200", true},
                               {"delete", "404", false}};

/// No item is longer.
constexpr std::size_t kItemBytes = 112;

/// The action that `{"index":{…}}` names.
const Action* action_of(std::string_view line) {
  std::size_t at = line.find_first_not_of(" \t");
  if (at == npos || line[at] != '{') return nullptr;
  at = line.find_first_not_of(" \t", at + 1);
  if (at == npos || line[at] != '"') return nullptr;
  const std::string_view name = line.substr(at + 1, line.find('"', at + 1) - at - 1);
  const auto* const found = std::find_if(std::begin(kActions), std::end(kActions),
                                         [&](const Action& action) { return action.name == name; });
  return found == std::end(kActions) ? nullptr : found;
}

// A version that clients of the 7 and 8 lines accept; newer ones ask for the header too.
constexpr std::string_view kGreeting =
    R"({"name":"handshaked","cluster_name":"handshaked","cluster_uuid":"handshaked","version":{"number":"8.15.0","build_flavor":"default",)"
    R"("build_type":"deb","build_hash":"0","build_date":"2024-01-01T00:00:00Z","build_snapshot":false,"lucene_version":"9.11.1",)"
    R"("minimum_wire_compatibility_version":"7.17.0","minimum_index_compatibility_version":"7.0.0"},"tagline":"You Know, for Search"})";
constexpr std::string_view kLicence =
    R"({"license":{"status":"active","uid":"handshaked","type":"basic","mode":"basic","issued_to":"handshaked","issuer":"handshaked"}})";

HttpAnswer product_answer(std::string body, unsigned status = 200) {
  HttpAnswer answer{.status = status, .body = std::move(body)};
  answer.headers.emplace_back("X-elastic-product", "Elasticsearch");
  return answer;
}

/// Since version 8 clients name a media type of their own, and want it back.
void answer_in_kind(const net::HttpRequest& request, HttpAnswer& answer) {
  const std::string_view accepted = request.header("accept");
  if (accepted.starts_with("application/vnd.elasticsearch+json"))
    answer.content_type = accepted.substr(0, 128);
}

HttpHandler fixed_answer(std::string_view text, unsigned status = 200) {
  return [text, status](const net::HttpRequest& request, HttpBody&,
                        Connection) -> awaitable<Result<HttpAnswer>> {
    HttpAnswer answer = product_answer(std::string(text), status);
    answer_in_kind(request, answer);
    co_return answer;
  };
}

awaitable<Result<HttpAnswer>> take_bulk(const net::HttpRequest& request, HttpBody& body,
                                        Connection connection,
                                        std::shared_ptr<const FieldNames> names) {
  JsonLines lines(connection.intake, *names, connection.json, connection.memory);
  BulkItems items;
  lines.on_block([&items](std::string_view block) { items.add_lines(block); });
  while (true) {
    const auto piece = co_await body.read_some();
    if (!piece) co_return fail(piece.error());
    if (piece.value().empty()) break;
    CO_TRY(lines.add({piece.value().data(), piece.value().size()}));
    if (items.has_too_many())
      co_return fail(
          ErrorCode::limit_exceeded,
          "more than " + std::to_string(BulkItems::kMostActions) + " actions in one bulk request");
    if (items.is_broken())
      co_return fail(ErrorCode::invalid_input, "a line of the bulk request is not an action");
  }
  lines.finish();
  if (!items.is_complete() || items.actions() == 0)
    co_return fail(ErrorCode::invalid_input, items.is_broken()
                                                 ? "a line of the bulk request is not an action"
                                                 : "the bulk request ends in the middle");
  connection.counters.records += items.actions();
  if (lines.malformed() > 0)
    connection.intake.count_malformed(lines.malformed(), lines.first_problem());
  const auto reservation = std::make_shared<Reservation>(connection.memory);
  if (!reservation->grow_to(items.answer_bytes()))
    co_return fail(reservation->refusal(items.answer_bytes()));
  HttpAnswer answer = product_answer(items.answer());
  answer.memory = reservation;
  answer_in_kind(request, answer);
  auto committed = co_await commit_and_answer(request, connection, std::move(answer));
  if (committed && committed.value().status != 200)
    committed.value().headers.emplace_back("X-elastic-product", "Elasticsearch");
  co_return committed;
}

}  // namespace

void BulkItems::add_lines(std::string_view lines) {
  while (!lines.empty() && !broken_ && !has_too_many()) {
    const auto line_feed = lines.find('\n');
    std::string_view line = lines.substr(0, line_feed);
    lines.remove_prefix(std::min(lines.size(), line.size() + 1));
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (awaits_source_) awaits_source_ = false;
    else if (line.find_first_not_of(" \t") != npos) add_action(line);
  }
}

void BulkItems::add_action(std::string_view line) {
  const Action* const action = action_of(line);
  if (action == nullptr) {
    broken_ = true;
    return;
  }
  actions_ += static_cast<char>(action - kActions);
  awaits_source_ = action->has_source;
}

std::size_t BulkItems::answer_bytes() const { return 64 + actions_.size() * kItemBytes; }

std::string BulkItems::answer() const {
  std::string text = R"({"took":0,"errors":false,"items":[)";
  text.reserve(answer_bytes());
  for (std::size_t i = 0; i < actions_.size(); ++i) {
    const Action& action = kActions[static_cast<std::size_t>(actions_[i])];
    if (i > 0) text += ',';
    text.append("{\"")
        .append(action.name)
        .append("\":{\"_index\":\"handshaked\",\"_id\":\"")
        .append(std::to_string(i));
    text.append("\",\"_version\":1,\"result\":\"")
        .append(action.has_source ? "created" : "not_found")
        .append("\",\"status\":");
    text.append(action.status).append("}}");
  }
  return text + "]}";
}

std::vector<HttpRoute> elasticsearch_routes(const FieldNames& names) {
  const HttpHandler bulk = [shared = std::make_shared<const FieldNames>(names)](
                               const net::HttpRequest& request, HttpBody& body,
                               Connection connection) {
    return take_bulk(request, body, std::move(connection), shared);
  };
  const HttpHandler accepted = fixed_answer(R"({"acknowledged":true})");
  const HttpHandler nothing_there = fixed_answer("{}", 404);
  return {
      {{"GET", "HEAD"}, "/", fixed_answer(kGreeting)},
      {{"POST", "PUT"}, "/_bulk", bulk},
      {{"POST", "PUT"}, "/*/_bulk", bulk},
      {{"POST", "PUT"}, "/*/*/_bulk", bulk},
      {{"GET"}, "/_license", fixed_answer(kLicence)},
      {{"GET"},
       "/_xpack",
       fixed_answer(R"({"features":{"ilm":{"available":false,"enabled":false}}})")},
      {{"GET", "HEAD"},
       "/_cluster/health",
       fixed_answer(
           R"({"cluster_name":"handshaked","status":"green","timed_out":false,"number_of_nodes":1})")},
      {{"PUT", "POST"}, "/_index_template/*", accepted},
      {{"PUT", "POST"}, "/_component_template/*", accepted},
      {{"PUT", "POST"}, "/_template/*", accepted},
      {{"PUT", "POST"}, "/_ilm/policy/*", accepted},
      {{"PUT", "POST"}, "/_ingest/pipeline/*", accepted},
      {{"PUT"}, "/_data_stream/*", accepted},
      {{"GET", "HEAD"}, "/_index_template/*", nothing_there},
      {{"GET", "HEAD"}, "/_template/*", nothing_there},
      {{"GET", "HEAD"}, "/_ilm/policy/*", nothing_there},
      {{"GET", "HEAD"}, "/_ingest/pipeline/*", nothing_there},
      {{"GET", "HEAD"}, "/_alias/*", nothing_there}};
}

}  // namespace handshaked::receive
