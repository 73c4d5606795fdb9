#include "cli/document/text_document.h"

#include <algorithm>
#include <utility>

#include "base/visible_text.h"
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
  return "\x1b[" + std::string(kCodes[static_cast<std::size_t>(ink)]) + "m" + std::string(text) + "\x1b[0m";
}

void TextDocument::write_wrapped(std::string_view text, std::size_t indent, std::string_view first, Ink ink) {
  std::string lead(first);
  each_line(text, [&](std::string_view line) {
    for (const std::string& part : wrap(visible_text(line), width_ > indent + 20 ? width_ - indent : 20)) {
      if (lead.empty()) out_.append(indent, ' ');
      else out_ += std::exchange(lead, {});
      out_.append(inked(ink, part)) += '\n';
    }
  });
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

void TextDocument::fault(std::optional<match::Severity> severity, std::string_view label, std::string_view text) {
  blank_line();
  rule_off();
  const Ink ink = !severity                                ? Ink::bold
                  : *severity == match::Severity::critical ? Ink::red
                  : *severity == match::Severity::warning  ? Ink::yellow
                                                           : Ink::blue;
  write_wrapped(label, 0, "", ink);
  write_wrapped(text, kIndent, "", Ink::bold);
  out_ += '\n';
}

void TextDocument::heading(std::string_view text) {
  blank_line();
  write_wrapped(text, kIndent, "", Ink::bold);
}

void TextDocument::paragraph(std::string_view text) { write_wrapped(text, kIndent, "", Ink::plain); }

void TextDocument::note(std::string_view text) { write_wrapped(text, kIndent, "", Ink::dim); }

void TextDocument::facts(const std::vector<Fact>& facts) {
  std::size_t widest = 0;
  for (const Fact& fact : facts) widest = std::max(widest, display_width(fact.label));
  widest = std::min<std::size_t>(widest, 24);
  for (const Fact& fact : facts) {
    const std::size_t used = display_width(fact.label);
    std::string lead(kIndent, ' ');
    lead += inked(Ink::dim, visible_text(fact.label)) + std::string(widest > used ? widest - used : 0, ' ') + "  ";
    write_wrapped(visible_text(fact.value), kIndent + widest + 2, lead, Ink::plain);
  }
}

void TextDocument::write_detail(const Fact& detail, std::size_t indent) {
  if (detail.label.empty()) {
    write_wrapped(detail.value, indent, "", Ink::plain);
    return;
  }
  const std::string lead = std::string(indent, ' ') + inked(Ink::dim, visible_text(detail.label)) + "  ";
  write_wrapped(detail.value, indent + display_width(detail.label) + 2, lead, Ink::plain);
}

void TextDocument::list(ListStyle style, const std::vector<Item>& items) {
  std::size_t number = 0;
  const std::size_t indent = kIndent + (style == ListStyle::numbered ? (items.size() > 9 ? 4 : 3) : 2);
  for (const Item& item : items) {
    std::string marker = style == ListStyle::numbered ? std::to_string(++number) + "." : "-";
    marker = std::string(kIndent, ' ') + marker + std::string(indent - kIndent - marker.size(), ' ');
    write_wrapped(item.lead, indent, marker, Ink::bold);
    if (!item.remark.empty()) write_wrapped(item.remark, indent, "", Ink::dim);
    for (const Fact& detail : item.details) write_detail(detail, indent);
  }
}

void TextDocument::patch(std::string_view diff) {
  for (const std::string_view line : lines_of(diff)) verbatim(line);
}
void TextDocument::verbatim(std::string_view text) { out_.append(kIndent, ' ').append(visible_text(text)) += '\n'; }

}  // namespace handshaked::cli
