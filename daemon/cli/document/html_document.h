#pragma once

#include "base/language.h"
#include "cli/document/document.h"

namespace handshaked::cli {

/// One self-contained HTML page: nothing loaded, light and dark, readable on a phone and on paper.
/// Faults can be folded; where there are several, a filter. Its policy forbids everything but its
/// own style and, by its digest, the script of the filter, so that even a mistake in the escaping
/// could not run anything.
class HtmlDocument : public Document {
 public:
  explicit HtmlDocument(Language language) : language_(language) {}

  void title(std::string_view text) override;
  void section(std::string_view text) override;
  void fault(std::optional<match::Severity> severity, std::string_view label,
             std::string_view text) override;
  void heading(std::string_view text) override;
  void paragraph(std::string_view text) override;
  void note(std::string_view text) override;
  void facts(const std::vector<Fact>& facts) override;
  void list(ListStyle style, const std::vector<Item>& items) override;
  void table(const Table& table) override;
  void chart(const Chart& chart) override;
  void verbatim(std::string_view text) override;
  void patch(std::string_view diff) override;
  std::string finish() override;

 private:
  void element(std::string_view tag, std::string_view attributes, std::string_view escaped);
  void open_section(std::string_view begin, std::string_view end);
  void close_section();
  std::string filter_bar() const;

  Language language_;
  std::string section_end_;  ///< what closes the one that is open
  std::size_t faults_ = 0, tables_ = 0;
  std::string title_;
  std::string body_;
};

/// Plain text as HTML, fit for content and for quoted attributes.
std::string html_escaped(std::string_view text);

}  // namespace handshaked::cli
