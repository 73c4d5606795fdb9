// A Forward stream in pieces: what comes out does not depend on how it was cut, memory stays within
// bounds, and it ends.
#include <string>
#include <vector>

#include "decoded_in_pieces.h"
#include "fuzz_input.h"
#include "receive/record/message_pack.h"
#include "receive/shippers/forward_decoder.h"
#include "receive/shippers/forward_handshake.h"

namespace {

using namespace handshaked;

constexpr std::size_t kRecordLimit = 4096;

std::string decoded(std::string_view stream, std::size_t piece) {
  const receive::ForwardLimits limits{
      .max_record_bytes = kRecordLimit,
      .decompression = {
          .max_output_bytes = 1U << 22U, .free_output_bytes = 1U << 16U, .max_ratio = 300}};
  receive::ForwardDecoder decoder(limits);
  const receive::FieldNames names;
  receive::FieldPicker picker(names);
  std::string out;
  for (std::size_t at = 0; at < stream.size(); at += piece) {
    decoder.feed(stream.substr(at, piece));
    while (true) {
      const auto event = decoder.next();
      if (!event) return out + "E";
      const receive::ForwardEvent& it = event.value();
      if (it.kind == receive::ForwardEvent::Kind::need_bytes) break;
      out += static_cast<char>('0' + static_cast<int>(it.kind));
      fuzz::promise(it.record.size() <= kRecordLimit, "a record is within its limit");
      if (receive::pick_pack_fields(it.record, picker)) {
        fuzz::promise(
            fuzz::is_inside(picker.text(), it.record) && fuzz::is_inside(picker.host(), it.record),
            "fields lie in their record");
        out.append(picker.text());
      }
      out.append(it.chunk);
    }
    fuzz::promise(decoder.held() <= receive::ForwardDecoder::kSmallMessage + 2 * kRecordLimit +
                                        128 * 1024 + piece,
                  "memory is bounded");
  }
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (fuzz::is_too_long(size, 1U << 16)) return 0;
  const std::string_view stream = fuzz::text_of(data, size);
  fuzz::promise_the_same_in_pieces(stream, decoded);
  const receive::ForwardSecrets secrets{.shared_key = "key",
                                        .users = {{.name = "edge", .password = "s3cret"}}};
  const receive::ForwardHandshake handshake(secrets, "host", "nonce", "salt");
  const auto verdict = handshake.judge(stream);
  fuzz::promise(!verdict || !verdict.value().accepted, "nobody guesses the key");
  return 0;
}
