#include "receive/record/json_lines.h"

#include <algorithm>
#include <cstring>

#include "base/text/line_count.h"
#include "base/text/utf8.h"
#include "receive/network_threads.h"
#include "receive/record/picked_record.h"

namespace handshaked::receive {
namespace {

constexpr auto npos = std::string_view::npos;

bool is_blank(std::string_view line) { return line.find_first_not_of(" \t\r") == npos; }

/// The next "\u00" that stands for a printable ASCII character.
std::size_t find_spelled_letter(std::string_view json, std::size_t from) {
  // From backslash to backslash: a line has a handful, and that is a little faster than memmem()
  // for all four bytes.
  while (from < json.size()) {
    const void* const found = std::memchr(json.data() + from, '\\', json.size() - from);
    if (found == nullptr) return npos;
    const auto at = static_cast<std::size_t>(static_cast<const char*>(found) - json.data());
    const std::string_view escape = json.substr(at + 1, 4);
    if (escape.size() == 4 && escape.starts_with("u00") && escape[3] >= '2' && escape[3] <= '7')
      return at;
    from = at + 1;
  }
  return npos;
}

}  // namespace

std::size_t find_json_candidate(const Intake& intake, std::string_view json, std::size_t from) {
  const std::size_t candidate = intake.find_candidate(json, from);
  // Only what lies in front of the candidate can come earlier.
  return std::min(candidate,
                  find_spelled_letter(json.substr(0, std::min(candidate, json.size())), from));
}

std::size_t json_value_length(std::string_view json) {
  const std::size_t begin = json.find_first_not_of(" \t\r\n");
  if (begin == npos || (json[begin] != '{' && json[begin] != '[')) return npos;
  std::size_t depth = 0;
  bool quoted = false;
  for (std::size_t at = begin; at < json.size(); ++at) {
    const char c = json[at];
    if (quoted) {
      if (c == '\\') ++at;
      else if (c == '"') quoted = false;
    } else if (c == '"') {
      quoted = true;
    } else if (c == '{' || c == '[') {
      ++depth;
    } else if ((c == '}' || c == ']') && --depth == 0) {
      return at + 1;
    }
  }
  return npos;
}

Result<> JsonLines::add(std::string_view piece) {
  if (skips_line_ || !partial_.empty()) {
    const auto line_feed = piece.find('\n');
    const std::string_view rest = piece.substr(0, line_feed == npos ? npos : line_feed + 1);
    piece.remove_prefix(rest.size());
    if (!skips_line_ && partial_.size() + rest.size() > kLineLimit) {
      skips_line_ = true;
      partial_.release();
      ++malformed_;
      first_problem_ = "a line is longer than " + std::to_string(kLineLimit) + " bytes";
    }
    if (!skips_line_) {
      TRY(keep(rest));
    }
    if (line_feed == npos) return success();
    if (!skips_line_) take_block(partial_.view());
    skips_line_ = false;
    partial_.consume(partial_.size());
  }
  const auto last = piece.rfind('\n');
  const std::size_t whole = last == npos ? 0 : last + 1;
  if (whole > 0) take_block(piece.substr(0, whole));
  return keep(piece.substr(whole));
}

Result<> JsonLines::keep(std::string_view beginning) {
  if (!partial_.reserve(beginning.size())) return fail(partial_.refusal(beginning.size()));
  partial_.append(beginning);
  return success();
}

void JsonLines::finish() {
  if (!is_blank(partial_.view())) take_block(partial_.view());
  partial_.consume(partial_.size());
}

void JsonLines::take_block(std::string_view block) {
  if (tell_) tell_(block);
  lines_ += count_lines(block) + (block.ends_with('\n') ? 0 : 1);
  std::size_t at = 0;
  while ((at = find_json_candidate(intake_, block, at)) < block.size()) {
    const auto line_feed = at == 0 ? npos : block.rfind('\n', at - 1);
    const std::size_t begin = line_feed == npos ? 0 : line_feed + 1;
    const std::size_t end = std::min(block.find('\n', at), block.size());
    take_candidate(block.substr(begin, end - begin));
    at = end + 1;
  }
}

void JsonLines::take_candidate(std::string_view line) {
  if (!is_blank(line) && !add_object(line)) ++malformed_;
}

bool JsonLines::add_object(std::string_view json) {
  if (take_one(json)) return true;
  // "{…}{…}": Fluent Bit's json_stream.
  const std::size_t first = json_value_length(json);
  if (first == npos || first == json.size() || is_blank(json.substr(first)))
    return take_repaired(json);
  bool all = true;
  for (std::string_view rest = json; !is_blank(rest);) {
    const std::size_t length = json_value_length(rest);
    all = (length == npos ? false : take_repaired(rest.substr(0, length))) && all;
    if (length == npos) break;
    rest.remove_prefix(length);
  }
  return all;
}

bool JsonLines::take_one(std::string_view json) {
  const auto read = reader_.read(json, picker_);
  if (!read) {
    if (first_problem_.empty()) first_problem_ = read.error().message();
    return false;
  }
  add_picked(intake_, picker_);
  return true;
}

/// nginx writes whatever bytes strangers send, and not every shipper makes UTF-8 of them.
bool JsonLines::take_repaired(std::string_view json) {
  std::string repaired;
  repaired.reserve(json.size() + kScratchPadding);
  for (std::string_view rest = json; !rest.empty();) {
    const Utf8Step step = next_utf8_step(rest);
    repaired.append(step.is_valid ? rest.substr(0, step.length) : kReplacementCharacter);
    rest.remove_prefix(step.length);
  }
  repaired.reserve(repaired.size() + kScratchPadding);
  const bool was_first = first_problem_.empty();
  const bool read = take_one(repaired);
  if (read && was_first) first_problem_.clear();
  return read;
}

}  // namespace handshaked::receive
