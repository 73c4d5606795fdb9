#include "cli/document/text_layout.h"

#include <algorithm>

#include "base/text/utf8.h"

namespace handshaked::cli {
namespace {

bool is_wide(char32_t point) {
  return (point >= 0x1100 && point <= 0x115F) || (point >= 0x2E80 && point <= 0x303E) ||
         (point >= 0x3041 && point <= 0xA4CF) || (point >= 0xAC00 && point <= 0xD7A3) ||
         (point >= 0xF900 && point <= 0xFAFF) || (point >= 0xFE30 && point <= 0xFE6F) ||
         (point >= 0xFF00 && point <= 0xFF60) || (point >= 0xFFE0 && point <= 0xFFE6) ||
         (point >= 0x1F300 && point <= 0x1FAFF) || (point >= 0x20000 && point <= 0x3FFFD);
}

bool is_combining(char32_t point) {
  return (point >= 0x300 && point <= 0x36F) || (point >= 0x1AB0 && point <= 0x1AFF) ||
         (point >= 0x20D0 && point <= 0x20FF) || (point >= 0xFE00 && point <= 0xFE0F) ||
         (point >= 0xFE20 && point <= 0xFE2F);
}

std::size_t width_of(char32_t point) { return is_combining(point) ? 0 : is_wide(point) ? 2 : 1; }

/// Must not begin a line: 、。》」』】〕〉！），．：；？］｝”’
bool closes(char32_t point) {
  static constexpr std::u32string_view kClosing = U"、。》」』】〕〉！），．：；？］｝”’…";
  return kClosing.find(point) != std::u32string_view::npos;
}

/// Must not end a line.
bool opens(char32_t point) {
  static constexpr std::u32string_view kOpening = U"《「『【〔〈（［｛“‘";
  return kOpening.find(point) != std::u32string_view::npos;
}

/// The smallest part that a line may hold: a word, or one Chinese character with the punctuation
/// that belongs to it.
struct Piece {
  std::string text;
  std::size_t width = 0;
  bool after_space = false;
};

std::vector<Piece> split_pieces(std::string_view text) {
  std::vector<Piece> pieces;
  char32_t previous = ' ';
  while (!text.empty()) {
    const Utf8Step step = next_utf8_step(text);
    const std::string_view character = text.substr(0, step.length);
    const char32_t point = step.is_valid ? decode_utf8(character) : U'\uFFFD';
    text.remove_prefix(step.length);
    if (point == ' ') {
      previous = ' ';
      continue;
    }
    const std::size_t code_end = point == '`' ? text.find('`') : std::string_view::npos;
    const bool may_break = previous == ' ' || ((is_wide(point) || is_wide(previous)) &&
                                               !closes(point) && !opens(previous));
    if (pieces.empty() || may_break)
      pieces.push_back({.text = {}, .width = 0, .after_space = previous == ' ' && !pieces.empty()});
    pieces.back().text.append(character);
    pieces.back().width += width_of(point);
    previous = point;
    if (code_end == std::string_view::npos) continue;
    // A command between backticks: people copy it as a whole.
    const std::string_view command = text.substr(0, code_end + 1);
    pieces.back().text.append(command);
    pieces.back().width += display_width(command);
    text.remove_prefix(command.size());
  }
  return pieces;
}

}  // namespace

std::size_t display_width(std::string_view text) {
  std::size_t width = 0;
  while (!text.empty()) {
    const Utf8Step step = next_utf8_step(text);
    width += step.is_valid ? width_of(decode_utf8(text.substr(0, step.length))) : 1;
    text.remove_prefix(step.length);
  }
  return width;
}

std::string_view fitting_prefix(std::string_view text, std::size_t width) {
  std::size_t used = 0, end = 0;
  while (end < text.size()) {
    const Utf8Step step = next_utf8_step(text.substr(end));
    const std::size_t wide =
        step.is_valid ? width_of(decode_utf8(text.substr(end, step.length))) : 1;
    if (used + wide > width) break;
    used += wide;
    end += step.length;
  }
  return text.substr(0, end);
}

std::string cut_to_width(std::string_view text, std::size_t width) {
  if (display_width(text) <= width) return std::string(text);
  return width == 0 ? std::string() : std::string(fitting_prefix(text, width - 1)) + "…";
}

std::vector<std::uint64_t> added_up(const std::vector<std::uint64_t>& counts, std::size_t parts) {
  if (parts == 0 || counts.empty()) return {};
  const std::size_t size = (counts.size() + parts - 1) / parts;
  std::vector<std::uint64_t> sums((counts.size() + size - 1) / size, 0);
  for (std::size_t i = 0; i < counts.size(); ++i) sums[i / size] += counts[i];
  return sums;
}

std::string sparkline(const std::vector<std::uint64_t>& counts, std::size_t width) {
  static constexpr std::string_view kBlocks[] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
  const std::vector<std::uint64_t> sums = added_up(counts, width);
  const std::uint64_t most = sums.empty() ? 0 : *std::max_element(sums.begin(), sums.end());
  std::string line;
  for (const std::uint64_t sum : sums)
    line += sum == 0 ? "·" : kBlocks[(sum * 8 + most - 1) / most - 1];
  return line;
}

std::vector<std::string> wrap(std::string_view text, std::size_t width) {
  std::vector<std::string> lines;
  std::string line;
  std::size_t used = 0;
  for (const Piece& piece : split_pieces(text)) {
    const std::size_t space = piece.after_space && !line.empty() ? 1 : 0;
    if (!line.empty() && used + space + piece.width > width) {
      lines.push_back(std::move(line));
      line.clear();
      used = 0;
    } else if (space == 1) {
      line += ' ';
      ++used;
    }
    line += piece.text;
    used += piece.width;
  }
  if (!line.empty() || lines.empty()) lines.push_back(std::move(line));
  return lines;
}

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    lines.push_back(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return lines;
}

std::vector<std::size_t> TextTable::widths() const {
  std::vector<std::size_t> widths(rows_.front().size());
  for (const auto& row : rows_) {
    for (std::size_t i = 0; i < row.size(); ++i)
      widths[i] = std::max(widths[i], display_width(row[i]));
  }
  return widths;
}

namespace {

constexpr std::size_t kGap = 2;

/// `row` from column `from` to `to` in columns of these widths; the last one is ragged.
std::string line_of(const std::vector<std::string>& row, const std::vector<std::size_t>& widths,
                    std::size_t from, std::size_t to) {
  std::string line;
  for (std::size_t i = from; i < to; ++i) {
    const std::string cell = cut_to_width(row[i], widths[i]);
    line += cell;
    if (i + 1 < to) line.append(widths[i] - display_width(cell) + kGap, ' ');
  }
  return line.erase(line.find_last_not_of(' ') + 1) + "\n";
}

}  // namespace

std::string TextTable::text() const {
  std::string out;
  const std::vector<std::size_t> needed = widths();
  for (const auto& row : rows_) out += line_of(row, needed, 0, row.size());
  return out;
}

std::string TextTable::text_within(std::optional<std::size_t> width, std::size_t second) const {
  std::vector<std::size_t> widths = this->widths();
  std::size_t all = 0;
  for (const std::size_t one : widths) all += one + kGap;
  if (!width || all <= *width + kGap) return text();
  constexpr std::size_t kSecondIndent = 2, kLeast = 10;
  std::size_t below = kSecondIndent;
  for (std::size_t i = second; i < widths.size(); ++i) below += widths[i] + kGap;
  const auto widest =
      std::max_element(widths.begin() + static_cast<std::ptrdiff_t>(second), widths.end());
  const std::size_t over = below > *width + kGap ? below - *width - kGap : 0;
  *widest = std::max(std::min(*widest, kLeast), *widest - std::min(*widest, over));
  std::string out;
  for (const auto& row : rows_)
    out += line_of(row, widths, 0, second) + std::string(kSecondIndent, ' ') +
           line_of(row, widths, second, row.size());
  return out;
}

}  // namespace handshaked::cli
