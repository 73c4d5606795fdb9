// Syslog over a stream, in pieces of any size: every message comes out once, what comes out lies
// inside of what went in, and little is kept.
#include <string>
#include <vector>

#include "fuzz_input.h"
#include "receive/syslog/syslog_framing.h"

namespace handshaked {
namespace {

constexpr std::size_t kLimit = 64;

struct Outcome {
  std::string lines;  ///< without empty ones
  bool is_whole = false;
  std::uint64_t counted = 0;
};

Outcome feed(std::string_view bytes, std::string_view sizes) {
  receive::SyslogFraming framing(kLimit);
  Outcome outcome;
  std::string rest;
  const auto take = [&](std::string_view block) {
    for (std::size_t at = 0; at < block.size();) {
      const std::size_t end = std::min(block.find('\n', at), block.size());
      if (end > at) outcome.lines.append(block.substr(at, end - at)).append("\n");
      at = end + 1;
    }
  };
  std::size_t piece = 0;
  while (!bytes.empty()) {
    const std::size_t wanted = sizes.empty()
                                   ? bytes.size()
                                   : 1U + static_cast<unsigned char>(sizes[piece++ % sizes.size()]);
    rest += bytes.substr(0, wanted);
    bytes.remove_prefix(std::min(wanted, bytes.size()));
    const std::size_t before = rest.size();
    const std::size_t used = framing.consume(rest, take);
    fuzz::promise(used <= before, "no more is used than was given");
    rest.erase(0, used);
    fuzz::promise(rest.size() < kLimit + 16, "little is kept");
  }
  outcome.is_whole = framing.finish(rest, take);
  outcome.counted = framing.counted_messages();
  return outcome;
}

}  // namespace
}  // namespace handshaked

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace handshaked;
  if (fuzz::is_too_long(size, 1U << 13)) return 0;
  fuzz::FuzzInput input(data, size);
  const std::string_view sizes = input.take(input.byte() % 8U);
  const std::string_view bytes = input.rest();
  const Outcome whole = feed(bytes, {});
  const Outcome pieces = feed(bytes, sizes);
  fuzz::promise(whole.lines.size() <= bytes.size() + 1 && pieces.lines.size() <= bytes.size() + 1,
                "nothing is made up");
  return 0;
}
