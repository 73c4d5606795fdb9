// Messages out of NATS and Kafka, which strangers may fill; the positions that the database keeps
// of them; and the records of a group: no crash, what is added is part of what came, and what can
// be read is written as it was.
#include <string>

#include "../support/recording_intake.h"
#include "engine/kafka/kafka_offsets.h"
#include "engine/nats/taken_sequences.h"
#include "engine/record_fold.h"
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
  for (std::string_view rest = text; !rest.empty();
       rest.remove_prefix(std::min(piece, rest.size())), ++count) {
    messages.set_host(rest.substr(0, piece % 3));
    messages.add(rest.substr(0, piece));
  }
  std::size_t total = 0;
  for (const auto& record : intake.records) total += record.text.size();
  fuzz::promise(total <= 4 * text.size() + 64,
                "texts are parts of the messages");  // a byte that is not UTF-8 becomes three
  fuzz::promise(counters.records == count && counters.bytes == text.size(), "each is counted");
}

void read_positions(std::string_view text) {
  if (const auto taken = engine::TakenSequences::parse(text)) {
    const auto again = engine::TakenSequences::parse(taken.value().text());
    fuzz::promise(again && again.value() == taken.value(),
                  "sequences are written as they were read");
  }
  if (const auto offsets = engine::parse_kafka_offsets(text)) {
    const auto again = engine::parse_kafka_offsets(engine::text_of(offsets.value()));
    fuzz::promise(again && again.value() == offsets.value(),
                  "offsets are written as they were read");
  }
}

void read_records(std::string_view text) {
  if (const auto read = engine::read_marked(text); read && read.value()) {
    const engine::MarkedRecord& record = *read.value();
    const std::string written = engine::marked(record.mark, record.bytes);
    const auto again = engine::read_marked(written);
    fuzz::promise(again && again.value() && again.value()->bytes == record.bytes &&
                      engine::marked(again.value()->mark, record.bytes) == written,
                  "a record is written as it was read");
    engine::EntryFold entries(0);
    engine::KeyFold all;
    for (std::uint64_t offset = 0; offset < 3; ++offset) {
      static_cast<void>(entries.take({.offset = offset, .written_at = {}, .bytes = text}));
      static_cast<void>(all.take({.offset = offset, .written_at = {}, .bytes = text}));
    }
    fuzz::promise(entries.last() <= entries.next_offset(), "only what was there counts");
  }
  if (const auto keys = engine::KeyFold::from(
          {.mark = {.kind = engine::RecordMark::Kind::keys, .behind = 7, .id = "a-1"},
           .bytes = text},
          9)) {
    const std::string told = keys.value().text();
    const auto again = engine::KeyFold::from(
        {.mark = {.kind = engine::RecordMark::Kind::keys, .behind = 7, .id = "a-1"}, .bytes = told},
        9);
    fuzz::promise(again && again.value().text() == told, "keys are told as they were read");
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
  read_records(text);
  return 0;
}
