#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace handshaked::control {

/// Who is at the other end of the control socket, as the kernel says (SO_PEERCRED).
struct Peer {
  std::uint32_t user = 0, process = 0;
  std::string name;  ///< of the user; "uid 1234" when it has none
};

/// One question or order of an operator. On the socket it is one line of JSON:
///   {"verb":"silence.add","arguments":{"matchers":["server=db"],"for":"7200","comment":"re-issue"}}
/// Values are texts or lists of texts. Unknown members are refused, so that a misspelt one is not
/// silently ignored.
struct ControlRequest {
  static constexpr std::size_t kMaxBytes = 64 * 1024;

  std::string verb;
  std::map<std::string, std::vector<std::string>, std::less<>> arguments;
  Peer peer;  ///< the server's word, not the line's

  /// The first value; empty when there is none.
  std::string text(std::string_view name) const;
  /// nullopt when it is missing or no whole number.
  std::optional<std::uint64_t> number(std::string_view name) const;
  std::vector<std::string> texts(std::string_view name) const;
};
std::string to_line(const ControlRequest& request);
Result<ControlRequest> request_from_line(std::string_view line);

/// What the daemon says to it, one line again: {"ok":true,"result":…} or
/// {"ok":false,"error":{"code":"not_found","message":"…"}}.
struct ControlAnswer {
  bool is_ok = true;
  std::string result;         ///< JSON
  std::string code, message;  ///< of a refusal

  static ControlAnswer done(std::string json) {
    return {.is_ok = true, .result = std::move(json), .code = {}, .message = {}};
  }
  static ControlAnswer refused(std::string code, std::string message) {
    return {.is_ok = false, .result = {}, .code = std::move(code), .message = std::move(message)};
  }
  static ControlAnswer refused(const Error& error);
};
std::string to_line(const ControlAnswer& answer);
Result<ControlAnswer> answer_from_line(std::string_view line);

}  // namespace handshaked::control
