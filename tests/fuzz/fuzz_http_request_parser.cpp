// What a sender may say to the HTTP listener, in pieces of any size: bounded, inside of what was
// given, and the same whatever the pieces.
#include <optional>
#include <string>

#include "fuzz_input.h"
#include "net/http/http_request_parser.h"
#include "receive/http/http_session.h"

namespace handshaked {
namespace {

struct Outcome {
  std::string path, body;
  std::size_t headers = 0;
  bool keeps_alive = false;
  bool operator==(const Outcome&) const = default;
};

/// nullopt: refused, or not there in whole.
std::optional<Outcome> parse(std::string_view bytes, std::string_view sizes) {
  net::HttpRequestParser parser({.header_bytes = 512});
  std::string rest;
  Outcome outcome;
  std::size_t piece = 0;
  while (!parser.is_done() && !bytes.empty()) {
    const std::size_t wanted = sizes.empty()
                                   ? bytes.size()
                                   : 1U + static_cast<unsigned char>(sizes[piece++ % sizes.size()]);
    rest += bytes.substr(0, wanted);
    bytes.remove_prefix(std::min(wanted, bytes.size()));
    for (bool progress = true; progress && !parser.is_done() && !rest.empty();) {
      const auto step = parser.parse(rest);
      if (!step) return std::nullopt;
      const std::span<char> body = step.value().body;
      fuzz::promise(step.value().used <= rest.size(), "no more is used than was given");
      fuzz::promise(body.empty() || fuzz::is_inside({body.data(), body.size()}, rest),
                    "the body lies in the bytes given");
      outcome.body.append(body.data(), body.size());
      progress = step.value().used > 0;
      rest.erase(0, step.value().used);
    }
  }
  if (!parser.is_done()) return std::nullopt;
  outcome.path = parser.request().path;
  outcome.headers = parser.request().headers.size();
  outcome.keeps_alive = parser.keeps_alive();
  for (const auto& [name, value] : parser.request().headers) {
    fuzz::promise(name.find_first_of("\r\n") == std::string::npos &&
                      value.find_first_of("\r\n") == std::string::npos,
                  "a header is one line");
  }
  static_cast<void>(parser.request().parameter("x"));
  static_cast<void>(
      receive::AcceptedTokens({"token"}).accept(parser.request().header("authorization")));
  return outcome;
}

}  // namespace
}  // namespace handshaked

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace handshaked;
  if (fuzz::is_too_long(size, 1U << 13)) return 0;
  fuzz::FuzzInput input(data, size);
  const std::string_view sizes = input.take(input.byte() % 8U);
  const auto whole = parse(input.rest(), {});
  const auto pieces = parse(input.rest(), sizes);
  if (whole && pieces) fuzz::promise(*whole == *pieces, "pieces do not matter");
  return 0;
}
