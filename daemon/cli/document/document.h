#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/language.h"
#include "match/rule.h"

namespace handshaked::cli {

/// A label and what it says: "Peer", "10.0.0.1:8443".
struct Fact {
  std::string label, value;
};

/// One entry of a list. `lead` is what is read first, `remark` a short aside, `details` what is
/// read when it matters; a detail may have a label ("How").
struct Item {
  std::string lead, remark;
  std::vector<Fact> details;
};

/// A cell of a table: a text, or how often something happened over time, drawn as a sparkline.
struct Cell {
  std::string text;
  std::vector<std::uint64_t> counts = {};
};
struct Row {
  std::optional<match::Severity> severity;
  std::vector<Cell> cells;  ///< as many as the table has columns
};
struct Table {
  struct Column {
    std::string head;
    bool is_number = false;
  };
  std::vector<Column> columns;
  std::vector<Row> rows;
  std::size_t lead =
      1;  ///< a narrow page gives so many columns a line of their own, the others the next
  bool lists_faults = false;  ///< row N is about the Nth fault() of the page
};

/// Counts over time in equal spans, by kind, the largest first.
struct Chart {
  struct Kind {
    std::string label;
    std::vector<std::uint64_t> counts;
  };
  std::string title;
  std::string begin, end;          ///< of the time
  std::vector<std::string> spans;  ///< what each span is called
  std::vector<Kind> kinds;         ///< each with a count a span
};

enum class ListStyle { numbered, bullets };
enum class PageFormat { text, markdown, html };
/// In which form a verb writes its report: for people, for programs, for calendars.
enum class ReportFormat { text, json, markdown, html, ics };
/// Of one for people; the others are text.
PageFormat page_format_of(ReportFormat format);

/// What a report is written on: it says what a piece of text is, the page decides how that looks.
/// Every text is taken as plain and hostile: a page escapes it for its own format, so that nothing
/// from a log can become markup, a script or a terminal command. A '\n' in a paragraph or detail
/// begins a new line; elsewhere it is shown escaped.
class Document {
 public:
  virtual ~Document() = default;
  virtual void title(std::string_view text) = 0;
  virtual void section(std::string_view text) = 0;
  /// A section about a fault. `severity` unset: the section is about no single one.
  virtual void fault(std::optional<match::Severity> severity, std::string_view label,
                     std::string_view text) = 0;
  virtual void heading(std::string_view text) = 0;
  virtual void paragraph(std::string_view text) = 0;
  /// An aside: true, but not what the reader came for.
  virtual void note(std::string_view text) = 0;
  virtual void facts(const std::vector<Fact>& facts) = 0;
  virtual void list(ListStyle style, const std::vector<Item>& items) = 0;
  virtual void table(const Table& table) = 0;
  virtual void chart(const Chart& chart) = 0;
  /// A log line or a command, unbroken.
  virtual void verbatim(std::string_view text) = 0;
  /// A unified diff, line by line.
  virtual void patch(std::string_view diff) = 0;
  /// The whole page. Call once, last.
  virtual std::string finish() = 0;
};

struct PageOptions {
  PageFormat format = PageFormat::text;
  Language language = Language::en;
  std::size_t width = 80;  ///< text only
  bool colour = false;     ///< text only
};
std::unique_ptr<Document> make_page(const PageOptions& options);

/// The options for a page that goes to `descriptor`: width and colour of the terminal, if it is
/// one.
PageOptions page_options_for(int descriptor, PageFormat format, Language language);

}  // namespace handshaked::cli
