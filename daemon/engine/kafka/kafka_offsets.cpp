#include "engine/kafka/kafka_offsets.h"

#include <algorithm>
#include <charconv>

namespace handshaked::engine {
namespace {

constexpr std::string_view kVersion = "v1";

template <class Number>
bool is_number(std::string_view text, Number& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() && number >= 0;
}

}  // namespace

std::string text_of(const KafkaOffsets& offsets) {
  std::string out(kVersion);
  for (const auto& [partition, offset] : offsets)
    out.append(" ")
        .append(partition.first)
        .append("/")
        .append(std::to_string(partition.second))
        .append("=")
        .append(std::to_string(offset));
  return out;
}

Result<KafkaOffsets> parse_kafka_offsets(std::string_view text) {
  const auto broken = [] {
    return fail(ErrorCode::invalid_input, "these are no offsets of Kafka");
  };
  KafkaOffsets offsets;
  if (!text.starts_with(kVersion)) return broken();
  text.remove_prefix(kVersion.size());
  while (!text.empty()) {
    if (text.front() != ' ') return broken();
    text.remove_prefix(1);
    const std::string_view entry = text.substr(0, text.find(' '));
    text.remove_prefix(entry.size());
    const std::size_t slash = entry.find('/'), equals = entry.find('=');
    std::int32_t number = 0;
    std::int64_t offset = 0;
    if (slash == std::string_view::npos || slash == 0 || equals == std::string_view::npos ||
        equals < slash)
      return broken();
    if (!is_number(entry.substr(slash + 1, equals - slash - 1), number) ||
        !is_number(entry.substr(equals + 1), offset))
      return broken();
    offsets[{std::string(entry.substr(0, slash)), number}] = offset;
  }
  return offsets;
}

KafkaStart kafka_start(std::int64_t ours, std::int64_t committed, std::int64_t low,
                       std::int64_t high, bool from_start) {
  using Because = KafkaStart::Because;
  const std::int64_t wanted = std::max(ours, committed);
  if (wanted < 0) return {.offset = from_start ? low : high, .because = Because::unread};
  if (wanted > high) return {.offset = low, .because = Because::made_again};
  if (wanted < low) return {.offset = low, .because = Because::removed};
  return {.offset = wanted, .because = Because::known};
}

}  // namespace handshaked::engine
