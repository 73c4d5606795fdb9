#include "net/receiver_url.h"

#include <charconv>

#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>

namespace handshaked::net {
namespace {

bool is_port_number(std::string_view digits) {
  std::uint16_t number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  return error == std::errc() && end == digits.data() + digits.size() && number != 0;
}

}  // namespace

std::string ReceiverUrl::origin() const { return (is_tls ? "https://" : "http://") + host_header; }

Result<ReceiverUrl> parse_receiver_url(std::string_view text) {
  const auto refuse = [](std::string_view why) {
    return fail(ErrorCode::invalid_configuration, "the receiver's URL " + std::string(why));
  };
  constexpr std::size_t kLongestUrl = 4096;
  if (text.size() > kLongestUrl) return refuse("is longer than 4096 bytes");
  const auto parsed = boost::urls::parse_uri({text.data(), text.size()});
  if (parsed.has_error()) return refuse("is not a valid absolute URL");
  const boost::urls::url_view& url = *parsed;

  ReceiverUrl receiver;
  if (url.scheme_id() == boost::urls::scheme::https) receiver.is_tls = true;
  else if (url.scheme_id() != boost::urls::scheme::http)
    return refuse("must begin with https:// or http://");
  if (url.has_userinfo()) return refuse("must not hold a user name or a password");

  const std::string_view encoded_host = url.encoded_host();
  if (encoded_host.empty()) return refuse("has no host");
  if (encoded_host.find('%') != std::string_view::npos) return refuse("has a host with a % in it");
  receiver.host.assign(encoded_host.data(), encoded_host.size());
  if (receiver.host.front() == '[')
    receiver.host = receiver.host.substr(1, receiver.host.size() - 2);

  const std::string_view port = url.port();
  receiver.port =
      port.empty() ? (receiver.is_tls ? "443" : "80") : std::string(port.data(), port.size());
  if (!is_port_number(receiver.port)) return refuse("has a port that is not from 1 to 65535");
  receiver.host_header.assign(encoded_host.data(), encoded_host.size());
  if (receiver.port != (receiver.is_tls ? "443" : "80"))
    receiver.host_header += ":" + receiver.port;

  const std::string_view path = url.encoded_path();
  receiver.target.assign(path.data(), path.size());
  if (receiver.target.empty()) receiver.target = "/";
  if (url.has_query()) {
    const std::string_view query = url.encoded_query();
    receiver.target += '?';
    receiver.target.append(query.data(), query.size());
  }
  return receiver;
}

Result<ReceiverUrl> parse_interface_url(std::string_view text, std::string_view path,
                                        std::string_view program) {
  TRY(ReceiverUrl url, parse_receiver_url(text));
  if (url.target.find('?') != std::string::npos)
    return fail(ErrorCode::invalid_configuration,
                "the address of " + std::string(program) + " has no query");
  while (url.target.ends_with('/')) url.target.pop_back();
  if (!url.target.ends_with(path)) url.target += path;
  return url;
}

}  // namespace handshaked::net
