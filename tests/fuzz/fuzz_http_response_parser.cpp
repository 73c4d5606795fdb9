// What a receiver may answer, in pieces of any size: bounded, and the same whatever the pieces.
#include <optional>
#include <string>

#include "fuzz_input.h"
#include "net/http/http_response_parser.h"

namespace handshaked {
namespace {

using net::HttpResponse;

constexpr net::HttpResponseLimits kLimits{.header_bytes = 512, .body_bytes = 256};

/// nullopt: refused, or broken off in the middle.
std::optional<HttpResponse> parse(std::string_view bytes, std::string_view sizes) {
  net::HttpResponseParser parser(kLimits);
  std::size_t piece = 0;
  while (!bytes.empty() && !parser.is_complete() && !parser.is_body_cut()) {
    const std::size_t wanted = sizes.empty()
                                   ? bytes.size()
                                   : 1U + static_cast<unsigned char>(sizes[piece++ % sizes.size()]);
    if (!parser.feed(bytes.substr(0, wanted))) return std::nullopt;
    bytes.remove_prefix(std::min(wanted, bytes.size()));
  }
  if (!parser.is_complete() && !parser.is_body_cut() && !parser.end_of_stream())
    return std::nullopt;
  if (!parser.has_header()) return std::nullopt;
  return parser.take_response();
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
  for (const auto& response : {whole, pieces}) {
    if (!response) continue;
    fuzz::promise(response->body.size() <= kLimits.body_bytes, "the body is bounded");
    fuzz::promise(response->status >= 200 && response->status <= 999, "a status is a final one");
    for (const auto& [name, value] : response->headers) {
      fuzz::promise(name.find_first_of("\r\n") == std::string::npos &&
                        value.find_first_of("\r\n") == std::string::npos,
                    "a header is one line");
    }
  }
  if (whole && pieces) {
    fuzz::promise(whole->status == pieces->status && whole->headers == pieces->headers &&
                      whole->body == pieces->body,
                  "pieces do not matter");
  }
  return 0;
}
