#pragma once

#include "cli/document/document.h"

namespace handshaked::cli {

/// A page for tickets and wikis: CommonMark, no raw HTML.
class MarkdownDocument : public Document {
 public:
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
  std::string finish() override { return std::move(out_); }

 private:
  void block(std::string_view before, std::string_view text, std::string_view after);

  std::string out_;
};

/// Plain text as Markdown that shows exactly it.
std::string markdown_escaped(std::string_view text);

}  // namespace handshaked::cli
