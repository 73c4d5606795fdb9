#include "match/ordinary_text.h"

#include <algorithm>
#include <bitset>
#include <cstdint>
#include <cstring>
#include <vector>

namespace handshaked::match {
namespace {

/// What ordinary error logs consist of. A needle that occurs here would stop the scan at every
/// other line.
constexpr std::string_view kOrdinaryText =
    "2026/11/21 02:58:22 [error] 9812#9812: *5 open() \"/usr/share/nginx/html/index.php\" failed "
    "(2: No such file or directory), "
    "client: 127.0.0.1, server: www.example.com, request: \"GET /cart.png HTTP/1.1\", host: "
    "\"www.example.com\", referrer: "
    "\"https://www.example.com/login\"\n"
    "[warn] an upstream response is buffered to a temporary file "
    "/var/cache/nginx/proxy_temp/1/00/0000000001 while reading upstream\n"
    "[error] connect() failed (111: Connection refused) while connecting to upstream, upstream: "
    "\"http://10.0.0.1:8080/api\", host: \n"
    "[error] upstream timed out (110: Connection timed out) while reading response header from "
    "upstream, request: \"POST /v1 HTTP/2.0\"\n"
    "[error] upstream prematurely closed connection while reading response header from upstream, "
    "upstream: \"fastcgi://unix:/run/\"\n"
    "[error] recv() failed (104: Connection reset by peer), send() failed (32: Broken pipe), "
    "limiting requests, excess: 0.5 by zone \n"
    "[error] FastCGI sent in stderr: \"PHP message: PHP Warning: Undefined variable $user in "
    "/var/www/html/wp-content/themes\"\n"
    "[info] client prematurely closed connection, client closed keepalive connection while waiting "
    "for request, client timed out\n"
    "[error] access forbidden by rule, directory index of \"/srv/www/\" is forbidden, user "
    "\"admin\" was not found in \"/etc/nginx/\"\n"
    "[error] client intended to send too large body: 1048577 bytes, no live upstreams, a client "
    "request body is buffered\n"
    "[notice] signal process started, worker process 17 exited with code 0, using the \"epoll\" "
    "event method, start worker processes\n"
    "[info] client sent invalid method while reading client request line, client sent invalid host "
    "header while reading client request \n"
    "[error] no resolver defined to resolve app.example.com, could not be resolved (3: Host not "
    "found), host not found in upstream\n"
    "[crit] *7 stat() \"/srv\" failed (13: Permission denied), rewrite or internal redirection "
    "cycle, script timed out; in /var/www:1\n"
    "request: \"GET /static/js/app.min.js?version=1.2.3&lang=en-US HTTP/1.1\", request: \"HEAD / "
    "HTTP/1.0\" PUT DELETE OPTIONS\n";

constexpr std::size_t kWindow = 4;

/// Which four bytes stand somewhere in it: most questions end here.
class Windows {
 public:
  Windows() {
    for (std::size_t at = 0; at + kWindow <= kOrdinaryText.size(); ++at) {
      known_.set(hash_at(kOrdinaryText.data() + at));
      all_.push_back(window_at(kOrdinaryText.data() + at));
    }
    std::sort(all_.begin(), all_.end());
  }
  /// One window.
  bool holds(const char* window) const {
    return known_[hash_at(window)] &&
           std::binary_search(all_.begin(), all_.end(), window_at(window));
  }
  bool may_hold(std::string_view piece) const {
    for (std::size_t at = 0; at + kWindow <= piece.size(); ++at) {
      if (!known_[hash_at(piece.data() + at)]) return false;
    }
    return true;
  }

 private:
  static std::uint32_t window_at(const char* at) {
    std::uint32_t window = 0;
    std::memcpy(&window, at, kWindow);
    return window;
  }
  static std::size_t hash_at(const char* at) { return (window_at(at) * 2654435761U) >> 16U; }
  std::bitset<1U << 16U> known_;    ///< by a hash
  std::vector<std::uint32_t> all_;  ///< in order
};

/// By distance, first and second byte.
class Pairs {
 public:
  Pairs() : counts_(kMost * 65536) {
    for (std::size_t distance = 1; distance <= kMost; ++distance) {
      for (std::size_t at = 0; at + distance < kOrdinaryText.size(); ++at) {
        std::uint8_t& count =
            counts_[place_of(kOrdinaryText[at], kOrdinaryText[at + distance], distance)];
        if (count < 255) ++count;
      }
    }
  }
  unsigned count(char first, char second, std::size_t distance) const {
    return counts_[place_of(first, second, distance)];
  }

 private:
  static constexpr std::size_t kMost = 3;
  static std::size_t place_of(char first, char second, std::size_t distance) {
    return (distance - 1) * 65536 + static_cast<unsigned char>(first) * std::size_t{256} +
           static_cast<unsigned char>(second);
  }
  std::vector<std::uint8_t> counts_;
};

}  // namespace

unsigned ordinary_pairs(char first, char second, std::size_t distance) {
  static const Pairs kPairs;
  return kPairs.count(first, second, distance);
}

bool is_ordinary(std::string_view piece) {
  static const Windows kWindows;
  if (piece.size() == kWindow) return kWindows.holds(piece.data());
  return kWindows.may_hold(piece) && kOrdinaryText.find(piece) != std::string_view::npos;
}

}  // namespace handshaked::match
