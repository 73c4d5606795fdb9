#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "ingest/read_position.h"
#include "ingest/rotated_files.h"
#include "ingest/tailed_file.h"

namespace handshaked::ingest {

struct LogTailOptions {
  /// A log that exists when it is followed for the very first time: from its beginning, not from
  /// its end.
  bool from_start = false;
  std::size_t line_limit = kDefaultLineLimit;
  /// How much one step() reads at most, about.
  std::size_t step_bytes = 4 * 1024 * 1024;
  /// nginx writes to a renamed log until it reopens its logs; so long it must have been silent
  /// before it is let go.
  Duration drain_quiet = std::chrono::seconds(60);
};

/// Something worth a line in our own log. Not one per log line, and a state is told once, when it
/// begins.
struct TailEvent {
  enum class Kind {
    opened,      ///< reading of this path began or goes on after it was missing
    rotated,     ///< `path` is the next newer file; the older one is drained beside it
    truncated,   ///< content was cut away; lost_bytes of it were never read
    waiting,     ///< nothing at the path yet
    unreadable,  ///< it is there, but cannot be followed: no permission, a directory; tried again
                 ///< at every step
    damaged,     ///< a compressed rotated file breaks off; what stood in front of the damage was
                 ///< delivered
    lost_track,  ///< a file whose end was not read was not found again or cannot be read; how much
                 ///< is lost is not known
    caught_up,   ///< everything there was has been read, for the first time or after a longer
                 ///< backlog
  };
  Kind kind;
  std::string path;
  std::string detail;                       ///< for people; may be empty
  std::optional<std::uint64_t> lost_bytes;  ///< with truncated: nothing when it is not known
};
std::string_view to_string(TailEvent::Kind kind);

struct TailStep {
  bool more = false;        ///< step() again without waiting
  bool caught_up = false;   ///< everything that is there was read
  std::uint64_t bytes = 0;  ///< taken from files by this step
  std::vector<TailEvent> events;
};

/// Follows one path through everything that happens to logs: append, rename and create,
/// copytruncate, delete and recreate, a link that is turned to another file, truncation, inodes
/// used again, rotation while nobody was looking.
///
/// How. It holds a chain of files, oldest first; the last is the newest one known. Every step reads
/// each of them to its end, and then asks which file is the next newer one after the last of the
/// chain:
///   - the path stands for the last of the chain: none, it is the live log;
///   - the last is found among the rotated files (by inode, else by fingerprint): the next newer of
///   these, else the path;
///   - it is not found: the oldest rotated file that changed since the last was read, else the
///   path.
/// So it makes no difference how many rotations happened, while running or while stopped, and
/// whether by renaming, copying or compressing. Truncation puts the copy that copytruncate made, if
/// there is one, in the place of the live log; the path is then the next newer file. A rotated file
/// leaves the chain after drain_quiet without new bytes once a newer file has content. When the
/// newest file itself is gone for good, a marker of it stays at the end of the chain.
///
/// What it cannot see: lines between the copy and the cut of copytruncate (nobody has them); and
/// what came into a log that held not one whole line when it was last looked at, if before the next
/// look it was copied and cut, or was renamed, written to after that and compressed (without a line
/// there is no fingerprint).
///
/// Times are those of the wall clock, for they are compared with times of files. Synchronous, no
/// threads: step() is called after a wake-up, and every few seconds without one. Nothing fails:
/// what goes wrong is told as an event and tried again.
class LogTail {
 public:
  /// `saved`: where to go on. Without it: from the end of a log that exists (see from_start), and
  /// from the beginning of one that appears later.
  LogTail(std::string path, LogTailOptions options,
          std::optional<ReadPosition> saved = std::nullopt);

  TailStep step(BlockHandler& handler, Time now);

  /// Everything delivered so far and nothing else is in front of it: commit it together with what
  /// the blocks led to.
  ReadPosition position() const;

  const std::string& path() const { return path_; }
  /// Bytes that were there when it was last read and were not read, as far as is known; of
  /// compressed files none.
  std::uint64_t unread_bytes() const;
  /// The newest file as far as it was seen; size 0 when none is held. So that others can tell by
  /// how much it has grown since.
  struct Seen {
    FileNode node;
    std::uint64_t size = 0;
    std::uint64_t read = 0;  ///< bytes from its beginning on that were read
  };
  Seen seen() const;
  /// waiting or unreadable while that is so.
  std::optional<TailEvent::Kind> trouble() const { return told_; }
  /// Lines that were cut at the limit, and the bytes of them that were skipped.
  std::uint64_t overlong_lines() const;
  std::uint64_t skipped_bytes() const;

 private:
  struct Held {
    TailedFile file;
    std::string found_at;  ///< its path with links resolved, when it was opened
    Time quiet_since;
    bool finished = false;  ///< nothing more can come from it
  };
  enum class Advance { none, advanced, again };

  // Beginning, in log_tail_resume.cpp.
  void begin(Time now);
  void begin_fresh(Time now);
  void resume(const ReadPosition& saved, Time now);
  bool restore(const FilePosition& saved, const std::vector<RotatedFile>& rotated, Time now);
  bool restore_from(const std::string& path, const FilePosition& saved, bool same_node, Time now);

  // Reading.
  bool read_chain(BlockHandler& handler, Time now);
  TailedFile::State read_file(Held& held, BlockHandler& handler, Time now);
  void settle_truncated(std::size_t index, BlockHandler& handler, Time now);
  std::optional<TailedFile> find_copy(const TailedFile& original);
  void note_failure(Held& held);

  // The next newer file.
  Advance advance(Time now);
  bool newest_is(const FileNode& node) const;
  bool reopen_marked(Time now);
  std::size_t count_newer(const std::vector<RotatedFile>& rotated);
  std::optional<std::size_t> find_newest_among(const std::vector<RotatedFile>& rotated);
  Advance open_rotated(const RotatedFile& rotated, Time now);
  Advance open_live(const FileNode& node, Time now);
  void append(TailedFile file, Time now);
  bool holds(const FileNode& node) const;
  bool holds_content_of(const RotatedFile& rotated);

  // Letting go.
  void retire(BlockHandler& handler, Time now);
  bool may_retire(std::size_t index, Time now) const;
  void drop(std::size_t index, BlockHandler& handler);

  Result<TailedFile> open_file(const std::string& path, TailedFile::Form form);
  void report(TailEvent::Kind kind, const std::string& path, std::string detail = {},
              std::optional<std::uint64_t> lost_bytes = {});
  void report_state(TailEvent::Kind kind, std::string detail);
  void report_unreadable(std::string why, Time now);

  std::string path_;
  LogTailOptions options_;
  std::optional<ReadPosition> saved_;  ///< until the first step
  bool begun_ = false;
  std::deque<Held> chain_;  ///< oldest first
  std::optional<FilePosition>
      marker_;  ///< the newest file known, when it is not held any more; newer than all of chain_
  bool live_ = false;                  ///< the last of chain_ was what the path stands for
  std::string target_;                 ///< path_ with links resolved, as last seen
  std::vector<RotatedFile> searched_;  ///< among these the newest file was looked for in vain,
  FileNode searched_for_;              ///< this one
  std::uint64_t next_number_ = 1;
  std::size_t budget_ = 0;  ///< bytes left in this step
  TailStep step_;
  std::optional<TailEvent::Kind> told_;  ///< waiting or unreadable, told and still true
  std::string told_detail_;
  bool was_read_ = false;  ///< some file of it could be opened
  std::optional<Time>
      unreadable_since_;  ///< of a log that was readable: told when it lasts longer than a rotation
  bool tell_caught_up_ = true;
  std::uint64_t overlong_lines_ = 0;  ///< of files that were let go
  std::uint64_t skipped_bytes_ = 0;
};

}  // namespace handshaked::ingest
