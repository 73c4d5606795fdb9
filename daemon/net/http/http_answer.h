#pragma once

#include <string>
#include <string_view>

namespace handshaked::net {

/// The head of an answer in HTTP/1.1, header by header. Names and values hold no line feeds.
class HttpAnswerHead {
 public:
  explicit HttpAnswerHead(unsigned status);
  HttpAnswerHead& header(std::string_view name, std::string_view value);
  /// With the empty line behind it.
  std::string finished(bool keeps_alive);

 private:
  std::string bytes_;
};

/// {"error":WHY,"status":STATUS}
std::string refusal_json(unsigned status, std::string_view why);

}  // namespace handshaked::net
