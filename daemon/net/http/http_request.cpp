#include "net/http/http_request.h"

#include <algorithm>

#include "base/text/percent_decoded.h"

namespace handshaked::net {
namespace {

char lower(char letter) {
  return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
}

/// As forms are written: a plus is a blank.
std::string form_decoded(std::string_view text) {
  std::string spaced(text);
  std::replace(spaced.begin(), spaced.end(), '+', ' ');
  return percent_decoded(spaced);
}

}  // namespace

bool is_same_without_case(std::string_view left, std::string_view right) {
  return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                    [](char a, char b) { return lower(a) == lower(b); });
}

std::string_view HttpRequest::header(std::string_view name) const {
  for (const auto& [header_name, value] : headers)
    if (is_same_without_case(header_name, name)) return value;
  return {};
}

bool HttpRequest::has_header(std::string_view name) const {
  return std::any_of(headers.begin(), headers.end(),
                     [&](const auto& header) { return is_same_without_case(header.first, name); });
}

std::string HttpRequest::content_type() const {
  std::string_view value = header("content-type");
  value = value.substr(0, value.find(';'));
  while (value.ends_with(' ')) value.remove_suffix(1);
  std::string type(value);
  std::transform(type.begin(), type.end(), type.begin(), lower);
  return type;
}

std::string HttpRequest::parameter(std::string_view name) const {
  std::string_view rest = query;
  while (!rest.empty()) {
    const std::string_view pair = rest.substr(0, rest.find('&'));
    rest.remove_prefix(std::min(rest.size(), pair.size() + 1));
    const auto equals = pair.find('=');
    if (form_decoded(pair.substr(0, equals)) != name) continue;
    return equals == std::string_view::npos ? std::string() : form_decoded(pair.substr(equals + 1));
  }
  return {};
}

}  // namespace handshaked::net
