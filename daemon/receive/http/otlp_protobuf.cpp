// The numbers are those of opentelemetry/proto/logs/v1/logs.proto, common.proto and resource.proto.
#include <algorithm>

#include "receive/http/otlp_logs.h"
#include "receive/http/protobuf_reader.h"
#include "receive/record/epoch_time.h"

namespace handshaked::receive {
namespace {

struct KeyValue {
  std::string_view key;
  std::string_view value;  ///< AnyValue, as bytes
};

KeyValue read_key_value(std::string_view message) {
  KeyValue pair;
  ProtobufReader reader(message);
  while (const auto field = reader.next()) {
    if (field->number == 1) pair.key = field->bytes;
    if (field->number == 2) pair.value = field->bytes;
  }
  return pair;
}

/// AnyValue: string_value = 1, bytes_value = 7.
std::string_view text_of(std::string_view any_value) {
  ProtobufReader reader(any_value);
  while (const auto field = reader.next()) {
    if ((field->number == 1 || field->number == 7) && field->is_bytes()) return field->bytes;
  }
  return {};
}

/// AnyValue: kvlist_value = 6 { values = 1 }. The member that is asked for; empty when there is
/// none.
std::string_view member_of(std::string_view any_value, const std::vector<std::string>& names) {
  std::size_t rank = names.size();
  std::string_view found;
  ProtobufReader reader(any_value);
  while (const auto list = reader.next()) {
    if (list->number != 6 || !list->is_bytes()) continue;
    ProtobufReader members(list->bytes);
    while (const auto member = members.next()) {
      if (member->number != 1 || !member->is_bytes()) continue;
      const KeyValue pair = read_key_value(member->bytes);
      const auto at =
          static_cast<std::size_t>(std::find(names.begin(), names.end(), pair.key) - names.begin());
      if (at >= rank) continue;
      rank = at;
      found = text_of(pair.value);
    }
  }
  return found;
}

std::string_view host_of_resource(std::string_view resource) {
  std::string_view host;
  std::string_view node;
  ProtobufReader reader(resource);
  while (const auto field = reader.next()) {
    if (field->number != 1 || !field->is_bytes()) continue;
    const KeyValue attribute = read_key_value(field->bytes);
    if (attribute.key == "host.name") host = text_of(attribute.value);
    if (attribute.key == "k8s.node.name") node = text_of(attribute.value);
  }
  return host.empty() ? node : host;
}

/// LogRecord: time_unix_nano = 1, body = 5, attributes = 6, observed_time_unix_nano = 11.
bool take_record(std::string_view message, std::string_view host, const FieldNames& names,
                 Intake& intake) {
  std::string_view body;
  std::string_view original;
  std::uint64_t time = 0;
  std::uint64_t observed = 0;
  ProtobufReader reader(message);
  while (const auto field = reader.next()) {
    if (field->number == 1) time = field->value;
    if (field->number == 11) observed = field->value;
    if (field->number == 5) body = field->bytes;
    if (field->number != 6 || !field->is_bytes()) continue;
    const KeyValue attribute = read_key_value(field->bytes);
    if (attribute.key == "log.record.original") original = text_of(attribute.value);
  }
  if (reader.is_damaged()) return false;
  std::string_view text = text_of(body);
  if (text.empty()) text = member_of(body, names.text);
  if (text.empty()) text = original;
  if (text.empty() || !intake.may_matter(text)) return true;
  const std::string stamp = rfc3339_of_nanoseconds(time != 0 ? time : observed);
  intake.add_record({.text = text, .host = host, .time = stamp});
  return true;
}

/// ScopeLogs: log_records = 2.
bool take_scope(std::string_view message, std::string_view host, const FieldNames& names,
                Intake& intake, std::size_t& records) {
  ProtobufReader reader(message);
  while (const auto field = reader.next()) {
    if (field->number != 2 || !field->is_bytes()) continue;
    ++records;
    if (!take_record(field->bytes, host, names, intake)) return false;
  }
  return !reader.is_damaged();
}

/// ResourceLogs: resource = 1, scope_logs = 2. The resource may stand behind its records.
bool take_resource(std::string_view message, const FieldNames& names, Intake& intake,
                   std::size_t& records) {
  std::string_view host;
  ProtobufReader first(message);
  while (const auto field = first.next()) {
    if (field->number == 1 && field->is_bytes()) host = host_of_resource(field->bytes);
  }
  ProtobufReader second(message);
  while (const auto field = second.next()) {
    if (field->number == 2 && field->is_bytes() &&
        !take_scope(field->bytes, host, names, intake, records))
      return false;
  }
  return !second.is_damaged();
}

}  // namespace

Result<std::size_t> take_otlp_protobuf(std::string_view message, const FieldNames& names,
                                       Intake& intake) {
  std::size_t records = 0;
  ProtobufReader reader(message);
  bool is_whole = true;
  while (const auto field = reader.next()) {
    if (field->number == 1 && field->is_bytes())
      is_whole = take_resource(field->bytes, names, intake, records) && is_whole;
  }
  if (!is_whole || reader.is_damaged())
    return fail(ErrorCode::invalid_input, "this is not an OTLP request: its fields are damaged");
  return records;
}

}  // namespace handshaked::receive
