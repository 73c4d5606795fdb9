// A Lumberjack stream in pieces: what comes out does not depend on how it was cut, memory stays
// within bounds, and it ends.
#include <string>

#include "decoded_in_pieces.h"
#include "fuzz_input.h"
#include "receive/record/json_record.h"
#include "receive/shippers/lumberjack_decoder.h"

namespace {

using namespace handshaked;

constexpr std::size_t kEventLimit = 4096;

std::string decoded(std::string_view stream, std::size_t piece) {
  const receive::LumberjackLimits limits{
      .max_event_bytes = kEventLimit,
      .max_window = 10'000,
      .decompression = {
          .max_output_bytes = 1U << 22U, .free_output_bytes = 1U << 16U, .max_ratio = 300}};
  receive::LumberjackDecoder decoder(limits);
  receive::JsonRecordReader json;
  const receive::FieldNames names;
  receive::FieldPicker picker(names);
  std::string out;
  for (std::size_t at = 0; at < stream.size(); at += piece) {
    decoder.feed(stream.substr(at, piece));
    while (true) {
      const auto event = decoder.next();
      if (!event) return out + "E";
      const receive::LumberjackEvent& it = event.value();
      if (it.kind == receive::LumberjackEvent::Kind::need_bytes) break;
      out += static_cast<char>('0' + static_cast<int>(it.kind));
      out += std::to_string(it.sequence);
      fuzz::promise(it.body.size() <= kEventLimit, "an event is within its limit");
      picker.clear();
      if (it.kind == receive::LumberjackEvent::Kind::json)
        (void)json.read(it.body, picker).has_value();
      if (it.kind == receive::LumberjackEvent::Kind::pairs) {
        fuzz::promise(receive::pick_lumberjack_pairs(it.body, picker),
                      "the decoder gives whole pairs");
        fuzz::promise(fuzz::is_inside(picker.text(), it.body), "fields lie in their event");
      }
      out.append(picker.text());
    }
    fuzz::promise(decoder.held() <= 2 * kEventLimit + 128 * 1024 + piece, "memory is bounded");
  }
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (fuzz::is_too_long(size, 1U << 16)) return 0;
  const std::string_view stream = fuzz::text_of(data, size);
  fuzz::promise_the_same_in_pieces(stream, decoded);
  return 0;
}
