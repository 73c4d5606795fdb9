#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace handshaked::cli {

/// Columns that a text takes on a terminal: two for Chinese, none for combining marks. `text` is
/// valid UTF-8.
std::size_t display_width(std::string_view text);

/// The beginning of a text that takes at most `width` columns.
std::string_view fitting_prefix(std::string_view text, std::size_t width);
/// What of a text fits into `width` columns, with "…" where something is left out.
std::string cut_to_width(std::string_view text, std::size_t width);

/// "▁▃█▂": counts in time order on at most `width` columns, one column each or neighbours added up;
/// a middle dot where there is nothing.
std::string sparkline(const std::vector<std::uint64_t>& counts, std::size_t width);
/// Counts in at most `parts` parts, neighbours added up.
std::vector<std::uint64_t> added_up(const std::vector<std::uint64_t>& counts, std::size_t parts);

/// The lines of a text, without their line feeds; none for an empty text.
std::vector<std::string_view> lines_of(std::string_view text);

/// Breaks a paragraph into lines of at most `width` columns: at spaces, and between Chinese
/// characters except where a line would then begin with closing punctuation. A word that is longer
/// than a line stays whole: it may be a command to copy. So does a command between backticks.
std::vector<std::string> wrap(std::string_view text, std::size_t width);

/// Rows of columns, as wide as they need to be; the last one is ragged.
class TextTable {
 public:
  explicit TextTable(std::vector<std::string> heads) : rows_{std::move(heads)} {}
  void add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }
  std::string text() const;

  /// On a terminal of `width` columns: where a row needs more, the columns from `second` on stand
  /// in a line of their own below it, and the widest of these is cut. What stands before, such as
  /// an id, never is. Without a width as text().
  std::string text_within(std::optional<std::size_t> width, std::size_t second) const;

 private:
  std::vector<std::size_t> widths() const;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace handshaked::cli
