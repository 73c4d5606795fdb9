// Messages out of NATS and Kafka, which strangers may fill; and the positions that the database keeps of them: no crash, what is added is
// part of what came, and a position that can be read is written as it was.
#include <string>

#include "../support/recording_intake.h"
#include "engine/kafka_offsets.h"
#include "engine/taken_sequences.h"
#include "fuzz_input.h"
#include "receive/engine_messages.h"

namespace handshaked {
namespace {

void read_messages(std::string_view text, std::size_t piece) {
  receive::RecordingIntake intake;
  const receive::FieldNames names;
  receive::JsonRecordReader reader;
  receive::SourceCounters counters;
  receive::EngineMessages messages(intake, names, reader, counters);
  std::size_t count = 0;
  for (std::string_view rest = text; !rest.empty(); rest.remove_prefix(std::min(piece, rest.size())), ++count) {
    messages.set_host(rest.substr(0, piece % 3));
    messages.add(rest.substr(0, piece));
  }
  std::size_t total = 0;
  for (const auto& record : intake.records) total += record.text.size();
  fuzz::promise(total <= 4 * text.size() + 64, "texts are parts of the messages");  // a byte that is not UTF-8 becomes three
  fuzz::promise(counters.records == count && counters.bytes == text.size(), "each is counted");
}

void read_positions(std::string_view text) {
  if (const auto taken = engine::TakenSequences::parse(text)) {
    const auto again = engine::TakenSequences::parse(taken.value().text());
    fuzz::promise(again && again.value() == taken.value(), "sequences are written as they were read");
  }
  if (const auto offsets = engine::parse_kafka_offsets(text)) {
    const auto again = engine::parse_kafka_offsets(engine::text_of(offsets.value()));
    fuzz::promise(again && again.value() == offsets.value(), "offsets are written as they were read");
  }
}

}  // namespace
}  // namespace handshaked

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace handshaked;
  if (size < 2 || fuzz::is_too_long(size, 1U << 14)) return 0;
  fuzz::FuzzInput input(data, size);
  const std::size_t piece = 1U + std::size_t{input.byte()} * 64;
  const std::string text(input.rest());
  read_messages(text, piece);
  read_positions(text);
  return 0;
}
