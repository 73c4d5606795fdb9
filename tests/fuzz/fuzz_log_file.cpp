// A whole log as nginx writes it, with strangers' text in every field that they can fill, raw line
// feeds where nginx decodes a path, and records that it cuts at its limit. Who wrote which line is
// known by construction, so the contract is the oracle: no forged line is trusted, and no genuine
// one is lost, or distrusted because of its neighbours.
#include <algorithm>
#include <memory>
#include <set>
#include <string>

#include "analysis.h"
#include "fuzz_input.h"
#include "shipped_rules.h"

namespace handshaked {
namespace {

using fuzz::FuzzInput;
using fuzz::promise;

constexpr std::string_view kForgedPeer = "203.0.113.66:443";

/// What strangers try. They know the header, the process id too, but not the number of somebody
/// else's connection.
constexpr std::string_view kTricks[] = {
    "/",
    "\"",
    "\n",
    "%0a",
    "%0A",
    "%250a",
    ", client: 192.0.2.66, server: forged",
    "\", upstream: \"https://203.0.113.66:443/",
    "\", host: \"forged\"",
    "\", referrer: \"",
    " HTTP/1.1\"",
    "2026/11/21 02:58:15 [error] 9#9: *7 upstream SSL certificate verify error: (20:unable to get "
    "local issuer certificate) while SSL "
    "handshaking to upstream, client: 192.0.2.66, server: forged, request: \"GET / HTTP/1.1\", "
    "upstream: \"https://203.0.113.66:443/\", "
    "host: \"forged\"",
    "2026/11/21 02:58:15 [error] 9#9: *7 upstream SSL certificate does not match \"forged\" while "
    "SSL handshaking to upstream, client: "
    "192.0.2.66, server: forged, request: \"GET / HTTP/1.1\", upstream: "
    "\"https://203.0.113.66:443/\", host: \"forged\"",
    "2026/11/21 02:58:15 [error] 9#9: *7 ",
    "<187>Nov 21 02:58:15 web-1 nginx: 2026/11/21 02:58:15 [error] 9#9: *7 ",
    "{\"message\":\"2026/11/21 02:58:15 [error] 9#9: *7 ",
    "upstream SSL certificate verify error: (20:unable to get local issuer certificate)",
    " while SSL handshaking to upstream",
    "\\x0a",
    "(SSL: error:0A000086:SSL routines::certificate verify failed)",
};

/// Some of these, and bytes of the input.
std::string strangers_text(FuzzInput& input) {
  std::string text;
  for (std::size_t parts = input.byte() % 6U; parts > 0; --parts) {
    const std::uint8_t choice = input.byte();
    if (choice < 0xC0) text += kTricks[choice % std::size(kTricks)];
    else text += input.take(choice & 0x3FU);
  }
  std::erase(text, '\0');
  return text;
}

/// As a client must send it: no line feed, no space.
std::string as_request(std::string_view path) {
  std::string sent;
  for (const char c : path) {
    if (c == '\n') sent += "%0a";
    else if (c == '\r') sent += "%0d";
    else if (c == ' ') sent += "%20";
    else if (c == '%') sent += "%25";
    else if (c == '?') sent += "%3f";
    else sent += c;
  }
  return sent;
}

/// nginx answers a host with anything of this with 400, before it asks an upstream
/// (ngx_http_validate_host).
std::string as_host(std::string_view text) {
  std::string sent;
  for (const char c : text) {
    if (static_cast<unsigned char>(c) > ' ' && c != '/' && c != '\x7f') sent += c;
  }
  return sent;
}

/// Headers hold no line feed.
std::string as_header(std::string_view text) {
  std::string sent;
  for (const char c : text) sent += c == '\n' || c == '\r' ? ' ' : c;
  return sent;
}

struct Record {
  std::string bytes;
  std::string peer;      ///< of the fault that it tells of; empty: it tells of none
  bool is_plain = true;  ///< nothing in it is more than letters, whatever its neighbours hold
  bool is_cut = false;
};

Record make_record(FuzzInput& input, std::size_t number) {
  Record record;
  const std::uint8_t kind = input.byte() % 4;
  std::string path = "/" + strangers_text(input);
  const std::string host = as_host(strangers_text(input));
  const std::string referrer = input.byte() % 2 != 0 ? as_header(strangers_text(input)) : "";
  std::string text = "2026/11/21 02:58:15 [error] 9#9: *" + std::to_string(4711 + number) + " ";
  std::string upstream;
  if (kind == 0) {
    text = "2026/11/21 02:58:15 [notice] 9#9: signal process started";
  } else if (kind == 1) {
    text += "open() \"/srv/www" + path + "\" failed (2: No such file or directory)";
  } else {
    record.peer =
        "10.0." + std::to_string(number / 200) + "." + std::to_string(number % 200 + 1) + ":8443";
    text += kind == 2 ? "upstream SSL certificate verify error: (20:unable to get local issuer "
                        "certificate) while SSL handshaking to upstream"
                      : "upstream SSL certificate does not match \"gw.corp.test\" while SSL "
                        "handshaking to upstream";
    upstream = ", upstream: \"https://" + record.peer + path + "\"";
  }
  if (kind != 0) {
    text += ", client: 192.0.2.7, server: gw.corp.test, request: \"GET " + as_request(path) +
            " HTTP/1.1\"" + upstream + ", host: \"" + host + "\"";
    if (!referrer.empty()) text += ", referrer: \"" + referrer + "\"";
    const auto is_plain = [](const std::string& words) {
      return words.find_first_of("\"\n,%{<\\") == std::string::npos;
    };
    record.is_plain = is_plain(path) && is_plain(host) && is_plain(referrer);
  }
  record.is_cut = text.size() >= ingest::kNginxLineLimit;
  record.bytes = text.substr(0, ingest::kNginxLineLimit - 1) + "\n";
  return record;
}

class Findings : public FailureHandler {
 public:
  void on_failure(const match::RecognisedLine& failure) override {
    const std::string peer(parse::upstream_peer(failure.record));
    (failure.trusted ? trusted : untrusted).insert(peer);
    if (failure.trusted) {
      promise(
          peer != kForgedPeer && failure.record.server != "forged" && failure.tls.name != "forged",
          "no forged line is trusted");
    }
  }
  std::set<std::string> trusted, untrusted;
};

}  // namespace
}  // namespace handshaked

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace handshaked;
  static const auto rules = fuzz::shipped_rules();
  if (fuzz::is_too_long(size, 4096)) return 0;
  FuzzInput input(data, size);
  std::string log;
  std::vector<Record> records;
  while (!input.empty() && (records.size() < 40 || fuzz::measures_growth)) {
    records.push_back(make_record(input, records.size()));
    log += records.back().bytes;
    if (fuzz::measures_growth)
      input.take(64);  // a record is hundreds of bytes: fewer of them say the same
  }
  if (log.empty()) return 0;
  LineAnalysis analysis(rules, parse::TimeZone::named("UTC").value());
  Findings findings;
  analysis.consume({.bytes = log, .before = {}, .offset = {0}}, findings);
  for (const Record& record : records) {
    if (record.peer.empty() || record.is_cut) continue;
    const bool is_trusted = findings.trusted.contains(record.peer);
    promise(is_trusted || findings.untrusted.contains(record.peer), "no genuine line is lost");
    if (record.is_plain)
      promise(is_trusted, "a genuine line is trusted, whatever its neighbours hold");
  }
  return 0;
}
