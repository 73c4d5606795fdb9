// A saved cursor: only what to_text() writes can be read, and reads as itself.
#include "fuzz_input.h"
#include "ingest/read_position.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace handshaked;
  if (fuzz::is_too_long(size, 1U << 14)) return 0;
  const std::string_view text = fuzz::text_of(data, size);
  const auto position = ingest::parse_read_position(text);
  if (position) {
    const std::string written = ingest::to_text(position.value());
    fuzz::promise(written == text, "a cursor has one form only");
    fuzz::promise(ingest::parse_read_position(written).value() == position.value(),
                  "and reads as itself");
  } else {
    fuzz::promise(position.error().code() == ErrorCode::invalid_input,
                  "anything else is invalid input");
  }
  return 0;
}
