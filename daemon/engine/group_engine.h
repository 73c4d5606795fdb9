#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace handshaked::engine {

/// What workers share that have nothing but an engine in common: a log for each partition, to which
/// is appended only behind the entry that the writer knows as the last, and keys that change only
/// from the revision that the writer knows. Nothing else fences one worker from another.
/// Thread-safe. Every call blocks, and after any Error it may have been done all the same, or be
/// done yet.
class GroupEngine {
 public:
  struct Entry {
    std::uint64_t sequence = 0;
    std::string payload;
    std::optional<std::uint64_t> behind = {};  ///< the entry that append() named, 0: none was
                                               ///< there; nothing: append() did not write it
  };
  struct Value {
    std::string text;
    std::uint64_t revision = 0;
    Time written_at{};  ///< by the engine's clock
  };

  virtual ~GroupEngine() = default;

  /// Nothing in an empty log.
  virtual Result<std::optional<Entry>> last_entry(std::uint32_t partition) = 0;
  /// Appends behind entry `last`, 0 in an empty log. The new entry's number; nothing when another
  /// stands behind `last`.
  virtual Result<std::optional<std::uint64_t>> append(std::uint32_t partition, std::uint64_t last,
                                                      std::string_view payload) = 0;
  /// Gives all entries up to the number `to`, which is there, in order. Ends with what `take` fails
  /// with.
  virtual Result<> read_log(std::uint32_t partition, std::uint64_t to,
                            const std::function<Result<>(const Entry&)>& take) = 0;
  /// Nobody needs entries before `sequence`.
  virtual Result<> drop_before(std::uint32_t partition, std::uint64_t sequence) = 0;

  virtual Result<std::optional<Value>> value(const std::string& key) = 0;
  /// Writes if the key has the revision `expected` (0: it is not there), or whatever it has. The
  /// new revision; nothing when it has another.
  virtual Result<std::optional<std::uint64_t>> put(const std::string& key, const std::string& text,
                                                   std::optional<std::uint64_t> expected) = 0;
  /// The keys that begin with `prefix`, a word and a dot.
  virtual Result<std::vector<std::string>> keys(const std::string& prefix) = 0;

  /// Messages of a partition's lines that no worker has acknowledged; nothing where that is not
  /// known.
  virtual Result<std::optional<std::uint64_t>> waiting(std::uint32_t partition) = 0;
  /// Records that handshaked has not written, and that append() has passed over since read_log().
  /// Never blocks.
  virtual std::uint64_t passed_over(std::uint32_t) { return 0; }
};

/// One thing that a group needs in its engine.
struct GroupPart {
  enum class State { there, missing, made };
  std::string what;      ///< "stream HANDSHAKED_proxies"
  std::string settings;  ///< as it is made: "file storage, 3 copies, …"
  State state = State::missing;
};

}  // namespace handshaked::engine
