#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace handshaked::net {

/// The head of a request.
struct HttpRequest {
  std::string method;
  std::string path;   ///< percent-decoded, without the query
  std::string query;  ///< as it was sent
  std::vector<std::pair<std::string, std::string>> headers;

  /// Empty when there is none. Names are compared without case.
  std::string_view header(std::string_view name) const;
  bool has_header(std::string_view name) const;
  /// "application/json" of "Application/JSON; charset=utf-8".
  std::string content_type() const;
  /// The value of `name` in the query, percent-decoded; empty when there is none.
  std::string parameter(std::string_view name) const;
};

bool is_same_without_case(std::string_view left, std::string_view right);

}  // namespace handshaked::net
