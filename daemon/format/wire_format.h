#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "event/remediation_event.h"

namespace handshaked::format {

/// What is posted to a receiver's address.
struct WireRequest {
  std::string content_type = "application/json";
  std::vector<std::pair<std::string, std::string>> headers =
      {};                  ///< names in lower case; values are printable ASCII
  std::string query = {};  ///< appended to the address's own query: "timestamp=1&sign=x"
  std::string body = {};
};

/// What the body of an answer with a good status (2xx) means: services hide refusals in it.
struct AnswerVerdict {
  enum class Kind { accepted, busy, refused };
  Kind kind = Kind::accepted;
  std::optional<std::chrono::seconds> retry_after = std::nullopt;  ///< for `busy`
  std::string reason = {};                                         ///< cleaned; empty when accepted
};

/// How one kind of receiver wants to be told: pure functions, so that they are tested and fuzzed
/// without a network. Both may be called any number of times; `request` gives the same for the same
/// arguments.
struct WireFormat {
  /// Fails with invalid_input when this event can never be told in this form; that is a dead
  /// letter.
  std::function<Result<WireRequest>(const event::RemediationEvent& event, Time now)> request;
  /// Empty: a good status is enough.
  std::function<AnswerVerdict(std::string_view answer)> judge = {};
};

}  // namespace handshaked::format
