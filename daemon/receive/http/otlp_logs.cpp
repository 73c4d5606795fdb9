#include "receive/http/otlp_logs.h"

#include <simdjson.h>

#include <algorithm>
#include <charconv>
#include <memory>

#include "receive/http/http_exchange.h"
#include "receive/record/epoch_time.h"
#include "receive/record/json_tree.h"

namespace handshaked::receive {
namespace {

using boost::asio::awaitable;
namespace dom = simdjson::dom;

constexpr std::string_view kProtobuf = "application/x-protobuf";

std::string_view text_of(dom::element any_value) {
  std::string_view text;
  return any_value["stringValue"].get(text) ? std::string_view() : text;
}

/// Calls `visit(key, value)` for each member of a list of KeyValue.
template <class Visit>
void for_each_pair(simdjson::simdjson_result<dom::element> list, Visit visit) {
  dom::array pairs;
  if (list.get(pairs)) return;
  for (const dom::element pair : pairs) {
    std::string_view key;
    dom::element value;
    if (!pair["key"].get(key) && !pair["value"].get(value)) visit(key, value);
  }
}

std::string_view host_of_resource(dom::element resource_logs) {
  std::string_view host;
  std::string_view node;
  for_each_pair(resource_logs["resource"]["attributes"],
                [&](std::string_view key, dom::element value) {
                  if (key == "host.name") host = text_of(value);
                  if (key == "k8s.node.name") node = text_of(value);
                });
  return host.empty() ? node : host;
}

/// A number, in OTLP's JSON a string of digits.
std::uint64_t nanoseconds_of(dom::element record, std::string_view name) {
  std::uint64_t number = 0;
  std::string_view digits;
  if (!record[name].get(digits))
    std::from_chars(digits.data(), digits.data() + digits.size(), number);
  else if (record[name].get(number)) return 0;
  return number;
}

std::string_view body_text(dom::element record, const FieldNames& names) {
  std::string_view text;
  dom::element body;
  if (!record["body"].get(body)) {
    text = text_of(body);
    std::size_t rank = names.text.size();
    if (text.empty()) {
      for_each_pair(body["kvlistValue"]["values"], [&](std::string_view key, dom::element value) {
        const auto at = static_cast<std::size_t>(
            std::find(names.text.begin(), names.text.end(), key) - names.text.begin());
        if (at >= rank) return;
        rank = at;
        text = text_of(value);
      });
    }
  }
  if (text.empty()) {
    for_each_pair(record["attributes"], [&](std::string_view key, dom::element value) {
      if (key == "log.record.original") text = text_of(value);
    });
  }
  return text;
}

std::size_t take_records(dom::array records, std::string_view host, const FieldNames& names,
                         Intake& intake) {
  std::size_t count = 0;
  for (const dom::element record : records) {
    ++count;
    const std::string_view text = body_text(record, names);
    if (text.empty() || !intake.may_matter(text)) continue;
    std::uint64_t time = nanoseconds_of(record, "timeUnixNano");
    if (time == 0) time = nanoseconds_of(record, "observedTimeUnixNano");
    const std::string stamp = rfc3339_of_nanoseconds(time);
    intake.add_record({.text = text, .host = host, .time = stamp});
  }
  return count;
}

awaitable<Result<HttpAnswer>> take_logs(const net::HttpRequest& request, HttpBody& body,
                                        Connection connection,
                                        std::shared_ptr<const FieldNames> names) {
  const bool is_protobuf = request.content_type() == kProtobuf;
  if (!is_protobuf && request.content_type() != "application/json")
    co_return HttpAnswer{.status = 415,
                         .body =
                             "{\"message\":\"Content-Type is neither application/json nor "
                             "application/x-protobuf\"}"};
  ByteWindow all(connection.memory);
  CO_TRY(co_await body.read_all(all));
  Reservation tree(connection.memory);
  const std::size_t needed = is_protobuf ? 0 : json_tree_bytes(all.view());
  if (!tree.grow_to(needed)) co_return fail(tree.refusal(needed));
  const auto records = is_protobuf ? take_otlp_protobuf(all.view(), *names, connection.intake)
                                   : take_otlp_json(all.view(), *names, connection.intake);
  if (!records) co_return fail(records.error());
  connection.counters.records += records.value();
  HttpAnswer answer;
  // An ExportLogsServiceResponse without partial success.
  if (is_protobuf) answer.content_type = kProtobuf;
  else answer.body = "{}";
  auto committed = co_await commit_and_answer(request, connection, std::move(answer));
  co_return committed;
}

}  // namespace

Result<std::size_t> take_otlp_json(std::string_view json, const FieldNames& names, Intake& intake) {
  const auto damaged = [](const std::string& why) {
    return fail(ErrorCode::invalid_input, "this is not an OTLP request: " + why);
  };
  std::size_t count = 0;
  dom::parser parser;
  dom::object root;
  dom::array resources;
  if (const auto error = parser.parse(json.data(), json.size(), false).get(root))
    return damaged(simdjson::error_message(error));
  if (root["resourceLogs"].get(resources)) return damaged("it has no resourceLogs");
  for (const dom::element resource : resources) {
    const std::string_view host = host_of_resource(resource);
    dom::array scopes;
    if (resource["scopeLogs"].get(scopes)) continue;
    for (const dom::element scope : scopes) {
      dom::array records;
      if (!scope["logRecords"].get(records)) count += take_records(records, host, names, intake);
    }
  }
  return count;
}

HttpHandler otlp_logs_handler(FieldNames names) {
  return [shared = std::make_shared<const FieldNames>(std::move(names))](
             const net::HttpRequest& request, HttpBody& body, Connection connection) {
    return take_logs(request, body, std::move(connection), shared);
  };
}

}  // namespace handshaked::receive
