#include "receive/http/loki_push.h"

#include <simdjson.h>
#include <snappy.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "receive/http/http_exchange.h"
#include "receive/http/protobuf_reader.h"
#include "receive/record/epoch_time.h"
#include "receive/record/json_tree.h"

namespace handshaked::receive {
namespace {

using boost::asio::awaitable;
constexpr auto npos = std::string_view::npos;
constexpr std::string_view kHostLabels[] = {"host", "hostname", "node_name",
                                            "node", "nodename", "instance"};

auto damaged(const std::string& what) {
  return fail(ErrorCode::invalid_input, "this is not a Loki push request: " + what);
}

/// The label that names the host best.
class HostLabel {
 public:
  void offer(std::string_view label, std::string_view value) {
    for (std::size_t i = 0; i < rank_; ++i) {
      if (kHostLabels[i] != label) continue;
      rank_ = i;
      host_ = value.substr(0, kLongestHost);
    }
  }
  const std::string& host() const { return host_; }

 private:
  std::size_t rank_ = std::size(kHostLabels);
  std::string host_;
};

/// `{host="web-1", job="nginx"}`: names, and values in Go's quotes.
std::string host_of_labels(std::string_view labels) {
  HostLabel host;
  std::size_t at = 0;
  while ((at = labels.find_first_not_of("{}, ", at)) != npos) {
    const auto equals = labels.find("=\"", at);
    if (equals == npos) break;
    std::string value;
    std::size_t end = equals + 2;
    for (; end < labels.size() && labels[end] != '"'; ++end) {
      if (labels[end] == '\\' && end + 1 < labels.size()) ++end;
      if (value.size() < kLongestHost) value += labels[end];
    }
    host.offer(labels.substr(at, equals - at), value);
    at = end + 1;
  }
  return host.host();
}

struct Entry {
  std::string_view line;
  std::uint64_t nanoseconds = 0;
};

/// EntryAdapter: timestamp = 1 { seconds = 1, nanos = 2 }, line = 2.
std::optional<Entry> read_entry(std::string_view message) {
  Entry entry;
  ProtobufReader reader(message);
  while (const auto field = reader.next()) {
    if (field->number == 2 && field->is_bytes()) entry.line = field->bytes;
    if (field->number != 1 || !field->is_bytes()) continue;
    ProtobufReader timestamp(field->bytes);
    while (const auto part = timestamp.next()) {
      if (part->number == 1) entry.nanoseconds += part->value * 1'000'000'000;
    }
  }
  return reader.is_damaged() ? std::nullopt : std::optional(entry);
}

void add_line(Intake& intake, std::string_view line, const std::string& host,
              std::uint64_t nanoseconds) {
  if (!intake.may_matter(line)) return;
  const std::string time = rfc3339_of_nanoseconds(nanoseconds);
  intake.add_record({.text = line, .host = host, .time = time});
}

/// StreamAdapter: labels = 1, entries = 2.
bool take_stream(std::string_view message, Intake& intake, std::size_t& lines) {
  ProtobufReader reader(message);
  std::string host;
  while (const auto field = reader.next()) {
    if (field->number == 1 && field->is_bytes()) host = host_of_labels(field->bytes);
    if (field->number != 2 || !field->is_bytes()) continue;
    const auto entry = read_entry(field->bytes);
    if (!entry) return false;
    ++lines;
    add_line(intake, entry->line, host, entry->nanoseconds);
  }
  return !reader.is_damaged();
}

void take_values(simdjson::dom::array values, const std::string& host, Intake& intake,
                 std::size_t& lines) {
  for (const simdjson::dom::element element : values) {
    simdjson::dom::array pair;
    std::string_view line;
    std::string_view digits;
    if (element.get(pair) || pair.at(1).get(line)) continue;
    std::uint64_t nanoseconds = 0;
    if (!pair.at(0).get(digits))
      std::from_chars(digits.data(), digits.data() + digits.size(), nanoseconds);
    ++lines;
    add_line(intake, line, host, nanoseconds);
  }
}

awaitable<Result<HttpAnswer>> take_push(const net::HttpRequest& request, HttpBody& body,
                                        Connection connection, std::size_t limit_bytes) {
  ByteWindow all(connection.memory);
  CO_TRY(co_await body.read_all(all));
  Reservation reservation(connection.memory);
  const bool is_json = request.content_type() == "application/json";
  Result<std::size_t> lines = std::size_t{0};
  if (is_json) {
    const std::size_t needed = json_tree_bytes(all.view());
    if (!reservation.grow_to(needed)) co_return fail(reservation.refusal(needed));
    lines = take_loki_json(all.view(), connection.intake);
  } else {
    const std::size_t needed = snappy_length(all.view());
    if (!reservation.grow_to(needed)) co_return fail(reservation.refusal(needed));
    auto message = undo_snappy(all.view(), limit_bytes);
    if (!message) co_return fail(message.error());
    lines = take_loki_protobuf(message.value(), connection.intake);
  }
  if (!lines) co_return fail(lines.error());
  connection.counters.records += lines.value();
  HttpAnswer nothing{.status = 204};
  auto answer = co_await commit_and_answer(request, connection, std::move(nothing));
  co_return answer;
}

}  // namespace

std::size_t snappy_length(std::string_view block) {
  std::size_t size = 0;
  // A block that tells of more than snappy can make of its bytes is a lie, and is refused below.
  return snappy::GetUncompressedLength(block.data(), block.size(), &size) &&
                 size / 64 <= block.size()
             ? size
             : 0;
}

Result<std::string> undo_snappy(std::string_view block, std::size_t limit_bytes) {
  std::size_t size = 0;
  if (!snappy::GetUncompressedLength(block.data(), block.size(), &size))
    return damaged("not in snappy's block format");
  if (size > limit_bytes)
    return fail(ErrorCode::limit_exceeded,
                "the body is larger than " + std::to_string(limit_bytes) + " bytes");
  // A block that tells of more than snappy can make of its bytes is a lie: nothing is reserved for
  // it.
  if (size / 64 > block.size()) return damaged("its length cannot be true");
  std::string out(size, '\0');
  if (!snappy::RawUncompress(block.data(), block.size(), out.data()))
    return damaged("not in snappy's block format");
  return out;
}

Result<std::size_t> take_loki_protobuf(std::string_view message, Intake& intake) {
  std::size_t lines = 0;
  ProtobufReader reader(message);
  while (const auto field = reader.next()) {
    if (field->number == 1 && field->is_bytes() && !take_stream(field->bytes, intake, lines))
      return damaged("a stream is damaged");
  }
  if (reader.is_damaged()) return damaged("its fields are damaged");
  return lines;
}

Result<std::size_t> take_loki_json(std::string_view json, Intake& intake) {
  std::size_t lines = 0;
  simdjson::dom::parser parser;
  simdjson::dom::object root;
  simdjson::dom::array streams;
  if (const auto error = parser.parse(json.data(), json.size(), false).get(root))
    return damaged(simdjson::error_message(error));
  if (root["streams"].get(streams)) return damaged("it has no streams");
  for (const simdjson::dom::element stream : streams) {
    simdjson::dom::object labels;
    simdjson::dom::array values;
    HostLabel host;
    if (!stream["stream"].get(labels)) {
      for (const auto& [label, value] : labels) {
        std::string_view text;
        if (!value.get(text)) host.offer(label, text);
      }
    }
    if (stream["values"].get(values)) return damaged("a stream has no values");
    take_values(values, host.host(), intake, lines);
  }
  return lines;
}

HttpHandler loki_push_handler(std::size_t limit_bytes) {
  return [limit_bytes](const net::HttpRequest& request, HttpBody& body, Connection connection) {
    return take_push(request, body, std::move(connection), limit_bytes);
  };
}

}  // namespace handshaked::receive
