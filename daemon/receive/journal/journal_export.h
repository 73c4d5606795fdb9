#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "receive/record/byte_window.h"

namespace handshaked::receive {

/// What is kept of one journal entry. Fields that it does not have are empty.
struct JournalEntry {
  std::string message;
  std::string host;          ///< _HOSTNAME
  std::string unit;          ///< _SYSTEMD_UNIT
  std::string identifier;    ///< SYSLOG_IDENTIFIER
  std::string container;     ///< CONTAINER_NAME
  std::string cursor;        ///< __CURSOR
  std::optional<Time> time;  ///< __REALTIME_TIMESTAMP
  bool message_was_cut = false;

  void clear();
};

/// Reads the journal export format (systemd.io/JOURNAL_EXPORT_FORMATS) from bytes as they arrive.
/// Fields that nobody asks for are passed by without being kept, however large. An error means that
/// the stream cannot be followed any further.
///
///   decoder.feed(bytes); while (decoder.next()) use(decoder.entry());       // ask for the error
///   behind it at the end: if (decoder.finish()) use(decoder.entry());
class JournalExportDecoder {
 public:
  static constexpr std::size_t kMaxName = 256;           ///< systemd's own bound is 64
  static constexpr std::size_t kMaxMessage = 64 * 1024;  ///< longer ones are cut
  static constexpr std::size_t kMaxField = 1024;         ///< of the other fields that are kept

  /// What it holds is charged to `memory`.
  explicit JournalExportDecoder(std::shared_ptr<SenderMemory> memory = nullptr)
      : window_(std::move(memory)) {}

  /// May so many bytes be fed? Asked before feed().
  [[nodiscard]] bool reserve(std::size_t bytes) { return window_.reserve(bytes); }
  Error refusal(std::size_t bytes) const { return window_.refusal(bytes); }
  void feed(std::string_view bytes) { window_.append(bytes); }
  /// Whether there is a whole entry.
  Result<bool> next();
  /// The input has ended: the last entry may lack its empty line. Fails when it ends inside a
  /// field.
  Result<bool> finish();

  const JournalEntry& entry() const { return entry_; }
  std::size_t held() const { return window_.size(); }

 private:
  enum class State : std::uint8_t { name, text_value, binary_size, binary_value, binary_end };

  Result<bool> step(bool& progressed);
  void begin_field(std::string_view name);
  void keep(std::string_view bytes);
  void end_field();

  ByteWindow window_;
  State state_ = State::name;
  std::uint64_t binary_left_ = 0;
  std::string* field_ = nullptr;  ///< of entry_, or time_text_; null: not kept
  std::size_t field_limit_ = 0;
  std::string time_text_;
  bool has_fields_ = false;
  bool was_delivered_ = false;
  JournalEntry entry_;
};

/// Whose journal entries are read. A unit is what systemd itself says about the writer
/// (_SYSTEMD_UNIT); an identifier is what the writer says about itself, so any local user can write
/// under it.
struct JournalFilter {
  std::vector<std::string> units{"nginx.service"};
  std::vector<std::string> identifiers;

  bool accepts(std::string_view unit, std::string_view identifier) const {
    return std::find(units.begin(), units.end(), unit) != units.end() ||
           std::find(identifiers.begin(), identifiers.end(), identifier) != identifiers.end();
  }
};

}  // namespace handshaked::receive
