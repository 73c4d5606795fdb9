#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace handshaked::engine {

/// Which messages of a stream are taken, by their sequence numbers: all up to a floor, and ranges
/// above it. A message that the engine gives again (its acknowledgement was lost, or we died before
/// it) is told by this from a new one, in whatever order they come.
class TakenSequences {
 public:
  bool contains(std::uint64_t sequence) const;
  /// `first` to `last` are taken, or are not for us.
  void add(std::uint64_t first, std::uint64_t last);
  /// Everything up to there is taken: the engine will not give it any more.
  void raise_floor(std::uint64_t floor);

  std::uint64_t floor() const { return floor_; }
  std::size_t ranges() const { return ranges_.size(); }
  /// The first that may be wanted; nothing when none was taken.
  std::optional<std::uint64_t> first_wanted() const;

  /// How many before `sequence` are wanted and not taken.
  std::uint64_t missing_before(std::uint64_t sequence) const;

  /// "17 19-40 44": the floor, then the ranges in order.
  std::string text() const;
  /// Fails with invalid_input for what text() never gives.
  static Result<TakenSequences> parse(std::string_view text);

  bool operator==(const TakenSequences&) const = default;

 private:
  void sink_into_floor();

  std::uint64_t floor_ = 0;
  std::map<std::uint64_t, std::uint64_t>
      ranges_;  ///< first to last; apart from one another and from the floor
};

}  // namespace handshaked::engine
