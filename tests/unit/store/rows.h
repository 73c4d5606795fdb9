#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <random>
#include <string>

#include "store/commit.h"
#include "store/database/database.h"

// Short ways to say which rows a test of the store is about.
namespace handshaked::store::test {

/// A time that many seconds after the beginning of the test's world.
inline Time at(std::int64_t seconds) { return Time(std::chrono::seconds(1'800'000'000 + seconds)); }

/// The value itself: in `for (… : result.value())` a temporary Result would be gone before the
/// first row.
template <class T>
T value_of(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().message());
  return std::move(result).value();
}

inline Database open_in_memory() { return value_of(Database::open(":memory:")); }

inline IncidentRow incident(std::string id, IncidentStatus status = IncidentStatus::open,
                            Time last_seen_at = at(0)) {
  return {.id = std::move(id),
          .fingerprint = "v1:f",
          .status = status,
          .severity = "warning",
          .opened_at = at(0),
          .last_seen_at = last_seen_at,
          .resolved_at =
              status == IncidentStatus::resolved ? std::optional<Time>(last_seen_at) : std::nullopt,
          .state_json = R"({"count":1})"};
}

inline NewDelivery delivery(std::string event_id, std::string incident_id,
                            std::string receiver = "hook", Time not_before = at(0)) {
  return {.receiver = std::move(receiver),
          .event_id = std::move(event_id),
          .event_type = "io.handshaked.incident.opened",
          .incident_id = std::move(incident_id),
          .created_at = at(0),
          .not_before = not_before,
          .body = "{}"};
}

/// Text that does not become shorter, the same each time: what is to fill pages.
inline std::string filling(std::size_t size) {
  std::minstd_rand random(static_cast<unsigned>(size));
  std::string text(size, ' ');
  for (char& letter : text) letter = static_cast<char>('A' + (random() >> 8) % 26);
  return text;
}

}  // namespace handshaked::store::test

/// Fails the test with the words of the Error.
#define ASSERT_OK(expression)                                            \
  do {                                                                   \
    auto&& ok_outcome = (expression);                                    \
    ASSERT_TRUE(ok_outcome.has_value()) << ok_outcome.error().message(); \
  } while (false)
