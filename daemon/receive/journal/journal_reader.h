#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "base/result.h"
#include "receive/journal/journal_export.h"

namespace handshaked::receive {

/// Entries of the systemd journal, oldest first, through sd-journal(3): rotation, vacuuming and
/// files that appear are its business. Synchronous; not shared between threads at the same time.
///
/// The position is text: "v1 CURSOR" behind an entry, "v1 -" at the beginning of a journal in which
/// nothing was seen.
class JournalReader {
 public:
  /// `directory` empty: this host's journal. Fails when it cannot be opened.
  static Result<JournalReader> open(const std::string& directory, const JournalFilter& filter);
  JournalReader(JournalReader&&) noexcept;
  JournalReader& operator=(JournalReader&&) noexcept;
  ~JournalReader();

  /// Are there journal files that may be read? A service without the rights sees an empty journal,
  /// not an error.
  bool sees_files() const;

  /// Goes to where reading goes on: `position` if it is one of ours, else the end, or the beginning
  /// when `from_start`. True when the entry at `position` is gone (vacuumed): what stood between it
  /// and the oldest that is left is lost.
  Result<bool> begin(std::optional<std::string> position, bool from_start);

  /// The next entry, if there is one now. It is valid until the next call.
  Result<const JournalEntry*> next();
  const std::string& position() const { return position_; }

  /// Becomes readable when something has changed; process_changes() then, before next().
  int descriptor() const;
  Result<> process_changes();

 private:
  struct Journal;
  explicit JournalReader(std::unique_ptr<Journal> journal);
  Result<> read_entry();

  std::unique_ptr<Journal> journal_;
  std::string position_;
  JournalEntry entry_;
  bool is_on_unread_ = false;  ///< begin() came to stand on an entry that next() gives
};

}  // namespace handshaked::receive
