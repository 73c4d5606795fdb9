#include "event/redaction.h"

#include <arpa/inet.h>

#include <array>
#include <cstring>

#include "base/ip_text.h"
#include "event/incident_event.h"

namespace handshaked::event {
namespace {

constexpr std::string_view kClient = ", client: ";

/// Where the query of a URL that begins at or before `at` ends: at a blank or a quote.
std::size_t end_of_url(std::string_view line, std::size_t at) {
  const auto end = line.find_first_of(" \"", at);
  return end == std::string_view::npos ? line.size() : end;
}

}  // namespace

std::string masked_address(std::string_view address) {
  if (address.starts_with("unix:")) return "unix:";
  const std::string_view text = address.substr(0, 64);
  std::array<char, INET6_ADDRSTRLEN> out{};
  in_addr v4{};
  if (read_ip(AF_INET, text, &v4)) {
    v4.s_addr &= htonl(0xFFFFFF00U);
    inet_ntop(AF_INET, &v4, out.data(), out.size());
    return std::string(out.data()) + "/24";
  }
  in6_addr v6{};
  if (read_ip(AF_INET6, text, &v6)) {
    std::memset(v6.s6_addr + 6, 0, 10);
    inet_ntop(AF_INET6, &v6, out.data(), out.size());
    return std::string(out.data()) + "/48";
  }
  return {};
}

std::string redacted_line(std::string_view line, bool show_clients) {
  std::string out;
  out.reserve(line.size());
  std::size_t at = 0;
  while (at < line.size()) {
    if (line[at] == '?') {
      out += "?…";
      at = end_of_url(line, at);
    } else if (!show_clients && line.substr(at).starts_with(kClient)) {
      at += kClient.size();
      const auto end = std::min(line.find_first_of(", ", at), line.size());
      out.append(kClient).append(masked_address(line.substr(at, end - at)));
      at = end;
    } else {
      out += line[at++];
    }
  }
  return out;
}

}  // namespace handshaked::event
