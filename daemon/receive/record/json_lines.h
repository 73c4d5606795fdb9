#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

#include "receive/intake.h"
#include "receive/record/byte_window.h"
#include "receive/record/field_names.h"
#include "receive/record/json_record.h"

namespace handshaked::receive {

/// JSON objects, one a line, as shippers send them (NDJSON, Elasticsearch's _bulk): only lines in
/// which a rule could be interested are taken apart; the others are counted. Bounded: a longer line
/// than kLineLimit is skipped and counted as malformed.
class JsonLines {
 public:
  static constexpr std::size_t kLineLimit = 1 << 20;

  /// `reader` is used within each call only; the beginning of a line that is kept is charged to
  /// `memory`.
  JsonLines(Intake& intake, const FieldNames& names, JsonRecordReader& reader,
            std::shared_ptr<SenderMemory> memory = nullptr)
      : intake_(intake), picker_(names), reader_(reader), partial_(std::move(memory)) {}

  /// A piece of the stream; behind it kScratchPadding bytes may be read. Fails when the sender may
  /// not hold so much.
  Result<> add(std::string_view piece);
  /// The stream has ended: the last line may lack its line feed.
  void finish();
  /// One object, or several one behind another, in one line. Behind it kScratchPadding bytes may be
  /// read. False when something in it is none.
  bool add_object(std::string_view json);

  /// Called with each block of whole lines, before it is looked at.
  void on_block(std::function<void(std::string_view lines)> tell) { tell_ = std::move(tell); }

  std::size_t lines() const { return lines_; }
  std::size_t malformed() const { return malformed_; }
  /// Why the first of them was.
  const std::string& first_problem() const { return first_problem_; }

 private:
  Result<> keep(std::string_view beginning);
  void take_block(std::string_view block);
  void take_candidate(std::string_view line);
  bool take_one(std::string_view json);
  bool take_repaired(std::string_view json);

  Intake& intake_;
  FieldPicker picker_;
  JsonRecordReader& reader_;
  std::function<void(std::string_view lines)> tell_;
  ByteWindow partial_;  ///< the beginning of a line
  bool skips_line_ = false;
  std::size_t lines_ = 0, malformed_ = 0;
  std::string first_problem_;
};

/// Where in `json`, from `from` on (the beginning of a line), stands a line in which a string may
/// interest a rule; npos when there is none. Sound whatever the writer escapes: a line that spells
/// ASCII letters as \u00XX counts as interesting.
std::size_t find_json_candidate(const Intake& intake, std::string_view json, std::size_t from);

/// The length of the JSON object or array that begins `json` (behind white space), by its brackets;
/// npos when it does not end.
std::size_t json_value_length(std::string_view json);

}  // namespace handshaked::receive
