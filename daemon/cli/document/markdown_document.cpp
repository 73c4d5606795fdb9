#include "cli/document/markdown_document.h"

#include <algorithm>
#include <cctype>

#include "base/text/code_spans.h"
#include "base/text/visible_text.h"
#include "cli/document/text_layout.h"

namespace handshaked::cli {
namespace {

constexpr std::size_t kSparkWidth = 16;
constexpr std::size_t kChartWidth = 64;

std::size_t longest_run(std::string_view text, char wanted) {
  std::size_t longest = 0;
  std::size_t run = 0;
  for (const char c : text) {
    run = c == wanted ? run + 1 : 0;
    longest = std::max(longest, run);
  }
  return longest;
}

/// A code span, in which nothing has a meaning: its fence is longer than any run of backticks
/// inside.
std::string code_span(std::string_view text) {
  const std::string shown = visible_text(text);
  const std::string fence(longest_run(shown, '`') + 1, '`');
  const bool pad = shown.starts_with('`') || shown.ends_with('`') || shown.empty();
  return fence + (pad ? " " : "") + shown + (pad ? " " : "") + fence;
}

/// Prose, with its commands as code.
std::string escaped_lines(std::string_view text, std::string_view line_break) {
  std::string out;
  while (true) {
    const auto end = text.find('\n');
    each_code_span(text.substr(0, end), [&out](std::string_view part, bool is_code) {
      out += is_code ? code_span(part) : markdown_escaped(part);
    });
    if (end == std::string_view::npos) return out;
    out += line_break;
    text.remove_prefix(end + 1);
  }
}

}  // namespace

std::string markdown_escaped(std::string_view text) {
  const std::string shown = visible_text(text);
  const auto is_word = [&](std::size_t at) {
    return at < shown.size() && (std::isalnum(static_cast<unsigned char>(shown[at])) != 0 ||
                                 shown[at] == '_' || (shown[at] & 0x80) != 0);
  };
  std::string out;
  for (std::size_t i = 0; i < shown.size(); ++i) {
    const char c = shown[i];
    switch (c) {
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '&': out += "&amp;"; break;
      case '_':
        // Inside a word it is no emphasis: directives stay readable.
        if (i == 0 || !is_word(i - 1) || !is_word(i + 1)) out += '\\';
        out += c;
        break;
      case '\\':
      case '`':
      case '*':
      case '[':
      case ']':
      case '#':
      case '|':
      case '~':
        out += '\\';
        out += c;
        break;
      // At the beginning of a line these would begin a list or a heading.
      case '-':
      case '+':
      case '=':
        if (out.empty()) out += '\\';
        out += c;
        break;
      case '.':
      case ')':
        if (!out.empty() &&
            std::all_of(out.begin(), out.end(), [](char d) { return d >= '0' && d <= '9'; }))
          out += '\\';
        out += c;
        break;
      default: out += c;
    }
  }
  return out;
}

void MarkdownDocument::block(std::string_view before, std::string_view text,
                             std::string_view after) {
  if (!out_.empty()) out_ += '\n';
  out_.append(before).append(text).append(after) += '\n';
}

void MarkdownDocument::title(std::string_view text) { block("# ", markdown_escaped(text), ""); }

void MarkdownDocument::section(std::string_view text) { block("## ", markdown_escaped(text), ""); }

void MarkdownDocument::fault(std::optional<match::Severity>, std::string_view label,
                             std::string_view text) {
  block("## ", markdown_escaped(label), "");
  if (!text.empty()) block("**", markdown_escaped(text), "**");
}

void MarkdownDocument::heading(std::string_view text) { block("### ", markdown_escaped(text), ""); }

void MarkdownDocument::paragraph(std::string_view text) {
  block("", escaped_lines(text, "  \n"), "");
}

void MarkdownDocument::note(std::string_view text) {
  block("> ", escaped_lines(text, "  \n> "), "");
}

void MarkdownDocument::facts(const std::vector<Fact>& facts) {
  if (!facts.empty()) out_ += '\n';
  for (const Fact& fact : facts)
    out_ += "- **" + markdown_escaped(fact.label) + ":** " + markdown_escaped(fact.value) + "\n";
}

void MarkdownDocument::list(ListStyle style, const std::vector<Item>& items) {
  if (!items.empty()) out_ += '\n';
  std::size_t number = 0;
  for (const Item& item : items) {
    const std::string marker =
        style == ListStyle::numbered ? std::to_string(++number) + ". " : "- ";
    const std::string next_line = "  \n" + std::string(marker.size(), ' ');
    out_ += marker + "**" + markdown_escaped(item.lead) + "**";
    if (!item.remark.empty()) out_ += " (" + markdown_escaped(item.remark) + ")";
    for (const Fact& detail : item.details) {
      out_ += next_line;
      if (!detail.label.empty()) out_ += "*" + markdown_escaped(detail.label) + "* ";
      out_ += escaped_lines(detail.value, next_line);
    }
    out_ += '\n';
  }
}

void MarkdownDocument::table(const Table& table) {
  if (table.rows.empty()) return;
  out_ += out_.empty() ? "|" : "\n|";
  for (const Table::Column& column : table.columns)
    out_ += " " + markdown_escaped(column.head) + " |";
  out_ += "\n|";
  for (const Table::Column& column : table.columns) out_ += column.is_number ? " ---: |" : " --- |";
  out_ += "\n";
  for (const Row& row : table.rows) {
    out_ += "|";
    for (const Cell& cell : row.cells)
      out_ += " " +
              (cell.counts.empty() ? markdown_escaped(cell.text)
                                   : sparkline(cell.counts, kSparkWidth)) +
              " |";
    out_ += "\n";
  }
}

void MarkdownDocument::chart(const Chart& chart) {
  std::vector<std::uint64_t> all(chart.spans.size(), 0);
  for (const Chart::Kind& kind : chart.kinds)
    for (std::size_t i = 0; i < all.size() && i < kind.counts.size(); ++i) all[i] += kind.counts[i];
  block("**", markdown_escaped(chart.title), "**");
  verbatim(sparkline(all, kChartWidth));
  paragraph(chart.begin + " – " + chart.end);
}

void MarkdownDocument::patch(std::string_view diff) {
  std::string shown;
  for (const std::string_view line : lines_of(diff)) shown.append(visible_text(line)) += '\n';
  const std::string fence(std::max<std::size_t>(3, longest_run(shown, '`') + 1), '`');
  block(fence, "diff\n" + shown, fence);
}

void MarkdownDocument::verbatim(std::string_view text) {
  const std::string shown = visible_text(text);
  const std::string fence(std::max<std::size_t>(3, longest_run(shown, '`') + 1), '`');
  block(fence, "text\n" + shown + "\n", fence);
}

}  // namespace handshaked::cli
