// Envelopes of transports around an nginx line, one in another: what is taken out lies inside, and
// the peeling ends.
#include "fuzz_input.h"
#include "parse/envelope.h"
#include "parse/nginx_error_parser.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace handshaked;
  if (fuzz::is_too_long(size, 1U << 14)) return 0;
  std::string line(fuzz::text_of(data, size));
  for (int depth = 0; depth < 8; ++depth) {
    std::string scratch;
    const parse::Envelope envelope = parse::peel_envelope(line, scratch);
    if (!envelope.found) break;
    fuzz::promise(fuzz::is_inside(envelope.inner, line) || fuzz::is_inside(envelope.inner, scratch),
                  "the inner line is inside");
    fuzz::promise(fuzz::is_inside(envelope.time, line) && fuzz::is_inside(envelope.host, line),
                  "time and host are parts of the line");
    fuzz::promise(envelope.inner.size() <= line.size(),
                  "what is wrapped is no longer than its wrapping");
    line = std::string(envelope.inner);
  }
  parse::NginxErrorParser parser;
  const std::string whole(fuzz::text_of(data, size));
  const parse::ErrorRecord& record = parser.parse(whole);
  fuzz::promise(record.message.size() <= whole.size(), "a message is no longer than its line");
  fuzz::promise(fuzz::is_inside(record.message, record.text),
                "a message is the beginning of the text");
  return 0;
}
