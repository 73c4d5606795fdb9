#include "format/clean_text.h"

#include "base/text/utf8.h"

namespace handshaked::format {
namespace {

constexpr std::string_view kEllipsis = "…";

unsigned code_point(std::string_view character) {
  const auto byte = [character](std::size_t index) {
    return static_cast<unsigned>(static_cast<unsigned char>(character[index]));
  };
  switch (character.size()) {
    case 1: return byte(0);
    case 2: return (byte(0) & 0x1FU) << 6U | (byte(1) & 0x3FU);
    case 3: return (byte(0) & 0x0FU) << 12U | (byte(1) & 0x3FU) << 6U | (byte(2) & 0x3FU);
    default:
      return (byte(0) & 0x07U) << 18U | (byte(1) & 0x3FU) << 12U | (byte(2) & 0x3FU) << 6U |
             (byte(3) & 0x3FU);
  }
}

bool is_invisible(unsigned point) {
  return point == 0xAD || point == 0x61C || (point >= 0x200B && point <= 0x200F) ||
         (point >= 0x202A && point <= 0x202E) || (point >= 0x2060 && point <= 0x206F) ||
         point == 0xFEFF || (point >= 0xFFF9 && point <= 0xFFFB) ||
         (point >= 0xE0000 && point <= 0xE007F);
}

std::size_t units_of(std::string_view character, Measure measure) {
  if (measure == Measure::bytes) return character.size();
  return character.size() == 4 ? 2 : 1;
}

}  // namespace

std::size_t length_of(std::string_view text, Measure measure) {
  if (measure == Measure::bytes) return text.size();
  std::size_t length = 0;
  while (!text.empty()) {
    const Utf8Step step = next_utf8_step(text);
    length += step.is_valid ? units_of(text.substr(0, step.length), measure) : 1;
    text.remove_prefix(step.length);
  }
  return length;
}

std::string shortened(std::string_view text, std::size_t limit, Measure measure) {
  if (length_of(text, measure) <= limit) return std::string(text);
  const std::size_t mark = length_of(kEllipsis, measure);
  if (limit < mark) return {};
  std::string cut;
  std::size_t length = mark;
  while (!text.empty()) {
    const Utf8Step step = next_utf8_step(text);
    const std::string_view character = text.substr(0, step.length);
    const std::size_t units =
        step.is_valid ? units_of(character, measure) : length_of(kReplacementCharacter, measure);
    if (length + units > limit) break;
    cut += step.is_valid ? character : kReplacementCharacter;
    length += units;
    text.remove_prefix(step.length);
  }
  return cut.append(kEllipsis);
}

std::string plain_text(std::string_view bytes, bool keep_lines) {
  std::string text;
  text.reserve(bytes.size());
  while (!bytes.empty()) {
    const Utf8Step step = next_utf8_step(bytes);
    const std::string_view character = bytes.substr(0, step.length);
    bytes.remove_prefix(step.length);
    if (!step.is_valid) {
      text += kReplacementCharacter;
      continue;
    }
    const unsigned point = code_point(character);
    const bool is_control =
        point < 0x20 || (point >= 0x7F && point < 0xA0) || point == 0x2028 || point == 0x2029;
    if (point == '\n' && keep_lines) text += '\n';
    else if (point == '\t' && keep_lines) text += "    ";
    else if (is_control) text += ' ';
    else if (!is_invisible(point)) text += character;
  }
  return text;
}

std::string copyable_text(std::string_view bytes) {
  std::string shown;
  std::string_view rest = bytes;
  while (true) {
    const auto tab = rest.find('\t');
    shown += plain_text(rest.substr(0, tab), true);
    if (tab == std::string_view::npos) break;
    shown += '\t';
    rest.remove_prefix(tab + 1);
  }
  return shown == bytes ? shown : std::string();
}

}  // namespace handshaked::format
