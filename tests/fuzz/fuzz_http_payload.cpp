// Bodies of every format that the HTTP listener takes: no crash, and what comes out is no larger
// than what came in.
#include <string>

#include "../support/recording_intake.h"
#include "fuzz_input.h"
#include "net/address_list.h"
#include "net/endpoint.h"
#include "receive/http/elasticsearch.h"
#include "receive/http/loki_push.h"
#include "receive/http/otlp_logs.h"
#include "receive/record/json_lines.h"

namespace handshaked {
namespace {

constexpr std::size_t kMostUndone = 1 << 16;

std::string padded(std::string_view text) {
  std::string bytes(text);
  bytes.reserve(bytes.size() + 64);
  return bytes;
}

void expect_bounded(const receive::RecordingIntake& intake, std::size_t size) {
  std::size_t total = 0;
  for (const auto& record : intake.records) total += record.text.size();
  fuzz::promise(total <= 4 * size + 64, "texts are parts of the body");
}

void read_json_lines(std::string_view body, std::size_t piece) {
  receive::RecordingIntake intake;
  const receive::FieldNames names;
  receive::JsonRecordReader reader;
  receive::JsonLines lines(intake, names, reader);
  receive::BulkItems items;
  lines.on_block([&items](std::string_view block) { items.add_lines(block); });
  for (std::string_view rest = body; !rest.empty();
       rest.remove_prefix(std::min(piece, rest.size())))
    fuzz::promise(lines.add(padded(rest.substr(0, piece))).has_value(),
                  "without a sender there is room");
  lines.finish();
  // A byte that is not UTF-8 becomes three.
  expect_bounded(intake, body.size());
  fuzz::promise(lines.malformed() <= lines.lines() + 1, "a line is malformed once");
}

}  // namespace
}  // namespace handshaked

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace handshaked;
  if (size < 2 || fuzz::is_too_long(size, 1U << 14)) return 0;
  fuzz::FuzzInput input(data, size);
  const std::uint8_t kind = input.byte();
  const std::size_t piece = 1U + input.byte();
  const std::string body = padded(input.rest());
  receive::RecordingIntake intake;
  switch (kind % 7) {
    case 0: read_json_lines(body, piece); break;
    case 1: static_cast<void>(receive::take_loki_json(body, intake)); break;
    case 2: static_cast<void>(receive::take_loki_protobuf(body, intake)); break;
    case 3: static_cast<void>(receive::take_otlp_json(body, receive::FieldNames(), intake)); break;
    case 4:
      static_cast<void>(receive::take_otlp_protobuf(body, receive::FieldNames(), intake));
      break;
    case 5:
      if (const auto undone = receive::undo_snappy(body, kMostUndone))
        fuzz::promise(undone.value().size() <= kMostUndone, "the limit holds");
      break;
    default:
      static_cast<void>(net::parse_endpoint(body));
      static_cast<void>(net::AddressList::parse({body}));
  }
  expect_bounded(intake, body.size());
  return 0;
}
