#include "engine/nats/taken_sequences.h"

#include <algorithm>
#include <charconv>

namespace handshaked::engine {
namespace {

auto broken(std::string_view text) {
  return fail(ErrorCode::invalid_input,
              "these are no sequence numbers: " + std::string(text.substr(0, 64)));
}

bool take_number(std::string_view& text, std::uint64_t& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc()) return false;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return true;
}

}  // namespace

bool TakenSequences::contains(std::uint64_t sequence) const {
  if (sequence <= floor_) return true;
  const auto after = ranges_.upper_bound(sequence);
  return after != ranges_.begin() && std::prev(after)->second >= sequence;
}

std::optional<std::uint64_t> TakenSequences::first_wanted() const {
  if (floor_ == 0 && ranges_.empty()) return std::nullopt;
  return (floor_ > 0 ? floor_ : ranges_.begin()->second) + 1;
}

std::uint64_t TakenSequences::missing_before(std::uint64_t sequence) const {
  const auto wanted = first_wanted();
  if (!wanted || *wanted >= sequence) return 0;
  std::uint64_t missing = sequence - *wanted;
  for (auto range = ranges_.upper_bound(*wanted - 1);
       range != ranges_.end() && range->first < sequence; ++range)
    missing -= std::min(range->second, sequence - 1) - range->first + 1;
  return missing;
}

void TakenSequences::add(std::uint64_t first, std::uint64_t last) {
  first = std::max(first, floor_ + 1);
  if (first > last) return;
  // Joined with what it touches on either side.
  auto at = ranges_.upper_bound(first);
  if (at != ranges_.begin() && std::prev(at)->second >= first - 1) {
    --at;
    first = at->first;
    last = std::max(last, at->second);
  }
  while (at != ranges_.end() && (at->first <= last || at->first - 1 == last)) {
    last = std::max(last, at->second);
    at = ranges_.erase(at);
  }
  ranges_.emplace(first, last);
  sink_into_floor();
}

void TakenSequences::raise_floor(std::uint64_t floor) {
  if (floor <= floor_) return;
  floor_ = floor;
  auto at = ranges_.begin();
  while (at != ranges_.end() && at->first <= floor_) {
    floor_ = std::max(floor_, at->second);
    at = ranges_.erase(at);
  }
  sink_into_floor();
}

void TakenSequences::sink_into_floor() {
  while (!ranges_.empty() && ranges_.begin()->first == floor_ + 1) {
    floor_ = ranges_.begin()->second;
    ranges_.erase(ranges_.begin());
  }
}

std::string TakenSequences::text() const {
  std::string out = std::to_string(floor_);
  for (const auto& [first, last] : ranges_) {
    out.append(" ").append(std::to_string(first));
    if (last != first) out.append("-").append(std::to_string(last));
  }
  return out;
}

Result<TakenSequences> TakenSequences::parse(std::string_view text) {
  const std::string_view whole = text;
  TakenSequences taken;
  if (!take_number(text, taken.floor_)) return broken(whole);
  std::uint64_t before = taken.floor_;
  while (!text.empty()) {
    std::uint64_t first = 0, last = 0;
    if (text.front() != ' ') return broken(whole);
    text.remove_prefix(1);
    if (!take_number(text, first)) return broken(whole);
    last = first;
    if (text.starts_with('-')) {
      text.remove_prefix(1);
      if (!take_number(text, last)) return broken(whole);
    }
    if (first <= before || last < first) return broken(whole);
    before = last;
    taken.add(first, last);
  }
  return taken;
}

}  // namespace handshaked::engine
