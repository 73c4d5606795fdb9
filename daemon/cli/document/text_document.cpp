#include "cli/document/text_document.h"

#include <algorithm>
#include <utility>

#include "base/text/visible_text.h"
#include "cli/document/text_layout.h"

namespace handshaked::cli {
namespace {

constexpr std::size_t kIndent = 2;

template <class Visit>
void each_line(std::string_view text, Visit visit) {
  while (true) {
    const auto end = text.find('\n');
    visit(text.substr(0, end));
    if (end == std::string_view::npos) return;
    text.remove_prefix(end + 1);
  }
}

}  // namespace

void TextDocument::blank_line() {
  if (!out_.empty() && !out_.ends_with("\n\n")) out_ += '\n';
}

void TextDocument::rule_off() {
  for (std::size_t i = 0; i < width_; ++i) out_ += '-';
  out_ += '\n';
}

std::string TextDocument::inked(Ink ink, std::string_view text) const {
  if (!colour_ || ink == Ink::plain) return std::string(text);
  static constexpr std::string_view kCodes[] = {"", "1", "2", "1;31", "1;33", "1;36"};
  return "\x1b[" + std::string(kCodes[static_cast<std::size_t>(ink)]) + "m" + std::string(text) +
         "\x1b[0m";
}

void TextDocument::write_wrapped(std::string_view text, std::size_t indent, std::string_view first,
                                 Ink ink) {
  std::string lead(first);
  each_line(text, [&](std::string_view line) {
    for (const std::string& part :
         wrap(visible_text(line), width_ > indent + 20 ? width_ - indent : 20)) {
      if (lead.empty()) out_.append(indent, ' ');
      else out_ += std::exchange(lead, {});
      out_.append(inked(ink, part)) += '\n';
    }
  });
}

TextDocument::Ink TextDocument::ink_of(match::Severity severity) {
  switch (severity) {
    case match::Severity::critical: return Ink::red;
    case match::Severity::warning: return Ink::yellow;
    case match::Severity::info: break;
  }
  return Ink::blue;
}

void TextDocument::title(std::string_view text) {
  write_wrapped(text, 0, "", Ink::bold);
  out_ += '\n';
}

void TextDocument::section(std::string_view text) {
  blank_line();
  rule_off();
  write_wrapped(text, 0, "", Ink::bold);
  out_ += '\n';
}

void TextDocument::fault(std::optional<match::Severity> severity, std::string_view label,
                         std::string_view text) {
  blank_line();
  rule_off();
  write_wrapped(label, 0, "", severity ? ink_of(*severity) : Ink::bold);
  write_wrapped(text, kIndent, "", Ink::bold);
  out_ += '\n';
}

void TextDocument::heading(std::string_view text) {
  blank_line();
  write_wrapped(text, kIndent, "", Ink::bold);
}

void TextDocument::paragraph(std::string_view text) {
  write_wrapped(text, kIndent, "", Ink::plain);
}

void TextDocument::note(std::string_view text) { write_wrapped(text, kIndent, "", Ink::dim); }

void TextDocument::facts(const std::vector<Fact>& facts) {
  std::size_t widest = 0;
  for (const Fact& fact : facts) widest = std::max(widest, display_width(fact.label));
  widest = std::min<std::size_t>(widest, 24);
  for (const Fact& fact : facts) {
    const std::size_t used = display_width(fact.label);
    std::string lead(kIndent, ' ');
    lead += inked(Ink::dim, visible_text(fact.label)) +
            std::string(widest > used ? widest - used : 0, ' ') + "  ";
    write_wrapped(visible_text(fact.value), kIndent + widest + 2, lead, Ink::plain);
  }
}

void TextDocument::write_detail(const Fact& detail, std::size_t indent) {
  if (detail.label.empty()) {
    write_wrapped(detail.value, indent, "", Ink::plain);
    return;
  }
  const std::string lead =
      std::string(indent, ' ') + inked(Ink::dim, visible_text(detail.label)) + "  ";
  write_wrapped(detail.value, indent + display_width(detail.label) + 2, lead, Ink::plain);
}

void TextDocument::list(ListStyle style, const std::vector<Item>& items) {
  std::size_t number = 0;
  const std::size_t indent =
      kIndent + (style == ListStyle::numbered ? (items.size() > 9 ? 4 : 3) : 2);
  for (const Item& item : items) {
    std::string marker = style == ListStyle::numbered ? std::to_string(++number) + "." : "-";
    marker =
        std::string(kIndent, ' ') + marker + std::string(indent - kIndent - marker.size(), ' ');
    write_wrapped(item.lead, indent, marker, Ink::bold);
    if (!item.remark.empty()) write_wrapped(item.remark, indent, "", Ink::dim);
    for (const Fact& detail : item.details) write_detail(detail, indent);
  }
}

namespace {

/// Columns `from` to `to` of a table, as wide as they have to be.
class TableColumns {
 public:
  TableColumns(const Table& table, std::size_t from, std::size_t to)
      : from_(from), widths_(to - from, 0) {
    for (std::size_t i = from; i < to; ++i) {
      widest(i, table.columns[i].head);
      is_number_.push_back(table.columns[i].is_number);
      for (const Row& row : table.rows) {
        if (!row.cells[i].counts.empty())
          widths_[i - from] = std::max(widths_[i - from], kSparkWidth);
        else widest(i, row.cells[i].text);
      }
    }
  }

  std::size_t width() const {
    std::size_t sum = 0;
    for (const std::size_t one : widths_) sum += one + kGap;
    return sum == 0 ? 0 : sum - kGap;
  }
  /// The widest column gives way until all have room, or too little would be left of it.
  void fit(std::size_t width) {
    const auto widest = std::max_element(widths_.begin(), widths_.end());
    const std::size_t now = this->width();
    if (widest == widths_.end() || now <= width) return;
    *widest = std::max(kLeast, *widest - std::min(*widest, now - width));
  }
  std::size_t width_before_last() const { return width() - (widths_.empty() ? 0 : widths_.back()); }

  /// The cells beside each other; `ink` colours one that is padded already.
  template <class Text>
  std::string line(Text text_of) const {
    std::string out;
    for (std::size_t i = 0; i < widths_.size(); ++i) {
      const auto [text, shown] = text_of(from_ + i, widths_[i]);
      const std::size_t used = display_width(text);
      const std::string padding(used < widths_[i] ? widths_[i] - used : 0, ' ');
      if (i != 0) out.append(kGap, ' ');
      out += is_number_[i] ? padding + shown : shown + (i + 1 == widths_.size() ? "" : padding);
    }
    return out;
  }

 private:
  static constexpr std::size_t kGap = 2;
  static constexpr std::size_t kLeast = 10;
  static constexpr std::size_t kSparkWidth = 8;
  void widest(std::size_t column, std::string_view text) {
    widths_[column - from_] = std::max(widths_[column - from_], display_width(visible_text(text)));
  }

  std::size_t from_;
  std::vector<std::size_t> widths_;
  std::vector<bool> is_number_;
};

}  // namespace

void TextDocument::table(const Table& table) {
  if (table.rows.empty()) return;
  const std::size_t all = table.columns.size();
  const std::size_t room = width_ > kIndent + 20 ? width_ - kIndent : 20;
  const bool is_one_line = TableColumns(table, 0, all).width() <= room || table.lead >= all;
  TableColumns first(table, 0, is_one_line ? all : table.lead);
  TableColumns second(table, is_one_line ? all : table.lead, all);
  if (is_one_line) first.fit(room);
  const std::size_t indent = is_one_line ? 0 : std::min(first.width_before_last(), room / 3);
  // The second line stands below the third column, or further left where it needs the room.
  constexpr std::size_t kLeastIndent = 3;
  const std::size_t below =
      std::min(indent, std::max(kLeastIndent, room - std::min(room, second.width())));
  second.fit(room - below);
  const auto head = [&](std::size_t column, std::size_t width) {
    const std::string text = cut_to_width(visible_text(table.columns[column].head), width);
    return std::pair(text, inked(Ink::dim, text));
  };
  const auto write = [&](const TableColumns& columns, std::size_t before, const auto& text_of) {
    std::string line = columns.line(text_of);
    while (line.ends_with(' ')) line.pop_back();
    out_.append(kIndent + before, ' ').append(line) += '\n';
  };
  blank_line();
  write(first, 0, head);
  if (!is_one_line) write(second, below, head);
  for (const Row& row : table.rows) {
    const auto cell = [&](std::size_t column, std::size_t width) {
      const Cell& one = row.cells[column];
      const std::string text = one.counts.empty() ? cut_to_width(visible_text(one.text), width)
                                                  : sparkline(one.counts, width);
      return std::pair(
          text, inked(column + 1 < table.lead && row.severity ? ink_of(*row.severity) : Ink::plain,
                      text));
    };
    if (is_one_line) {
      write(first, 0, cell);
      continue;
    }
    // What is longest in front goes on in the next lines.
    const std::vector<std::string> parts =
        wrap(visible_text(row.cells[table.lead - 1].text), room - indent);
    write(first, 0, [&](std::size_t column, std::size_t width) {
      return column + 1 == table.lead ? std::pair(parts.front(), inked(Ink::bold, parts.front()))
                                      : cell(column, width);
    });
    for (std::size_t i = 1; i < parts.size(); ++i)
      out_.append(kIndent + indent, ' ').append(inked(Ink::bold, parts[i])) += '\n';
    write(second, below, cell);
  }
}

void TextDocument::chart(const Chart& chart) {
  std::vector<std::uint64_t> all(chart.spans.size(), 0);
  for (const Chart::Kind& kind : chart.kinds)
    for (std::size_t i = 0; i < all.size() && i < kind.counts.size(); ++i) all[i] += kind.counts[i];
  if (all.empty()) return;
  heading(chart.title);
  const std::string line = sparkline(all, width_ > 2 * kIndent ? width_ - 2 * kIndent : 1);
  out_.append(kIndent, ' ').append(line) += '\n';
  const std::size_t used = display_width(chart.begin) + display_width(chart.end);
  const std::size_t wide = display_width(line);
  out_.append(kIndent, ' ').append(inked(Ink::dim, visible_text(chart.begin)));
  out_.append(wide > used ? wide - used : 1, ' ')
      .append(inked(Ink::dim, visible_text(chart.end))) += '\n';
}

void TextDocument::patch(std::string_view diff) {
  for (const std::string_view line : lines_of(diff)) verbatim(line);
}
void TextDocument::verbatim(std::string_view text) {
  out_.append(kIndent, ' ').append(visible_text(text)) += '\n';
}

}  // namespace handshaked::cli
