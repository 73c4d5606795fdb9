#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "base/clock.h"

namespace handshaked::diagnose {

/// When the running nginx read its configuration: some time from `earliest` to `latest`. Nobody
/// writes the moment down, so what is known are bounds: its workers are younger than what it read,
/// and what was seen before they were there is older.
struct LoadTime {
  Time earliest{};
  Time latest{};
  /// Nothing points to a reload that is under way (workers that have just begun). False: ask again
  /// in a moment; `latest` is then the moment of asking, so that nothing is called unloaded.
  bool is_settled = true;

  bool operator==(const LoadTime&) const = default;
};

/// From when the workers that take connections began (rounded up to a second), at least one. The
/// oldest counts: a worker that died is replaced with the configuration of before. A young one
/// beside older ones may be of a reload that the old ones have not heard of yet.
LoadTime load_time_of(std::span<const Time> worker_starts, Time now);

/// When a file got its present content, as far as the disk tells.
struct FileTimes {
  Time written_at{};  ///< the content is not older; a copied or a set time of modification does not
                      ///< make it younger
  Time changed_at{};  ///< nothing about it is younger: content, mode, name, nor a symbolic link on
                      ///< the way to it
};
/// nullopt: it is not there, or may not be looked at.
std::optional<FileTimes> file_times(const std::string& path);

/// Does nginx work with a file as it is now?
enum class LoadState : std::uint8_t { loaded, not_loaded, unknown };

/// The one place where this is decided. `not_loaded` takes evidence from both sides: the file was
/// written after the latest moment at which nginx can have read it, and nginx had time to be told
/// (kTimeToTell): who deploys writes first and reloads then. `loaded`: nothing about the file has
/// changed since before the earliest moment. Everything else cannot be told.
LoadState load_state(const FileTimes& file, const std::optional<LoadTime>& loaded, Time now);

/// Between writing a file and the new workers of the reload that follows it.
constexpr std::chrono::seconds kTimeToTell{2};
/// The start of a process is known to a second, rounded up; and nginx reads before it starts its
/// workers.
constexpr std::chrono::seconds kLoadTimePrecision{2};

/// Of the latest moment alone, as a diagnosis has it: it was not much earlier.
inline std::optional<LoadTime> load_time_until(const std::optional<Time>& latest) {
  if (!latest) return std::nullopt;
  return LoadTime{.earliest = *latest - kLoadTimePrecision, .latest = *latest};
}

}  // namespace handshaked::diagnose
