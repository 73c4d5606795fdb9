#pragma once

#include "cli/document/document.h"

namespace handshaked::cli {

/// A page for terminals, mails and tickets: wrapped, indented, in colour only when asked.
class TextDocument : public Document {
 public:
  TextDocument(std::size_t width, bool colour) : width_(width), colour_(colour) {}

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
  enum class Ink { plain, bold, dim, red, yellow, blue };
  static Ink ink_of(match::Severity severity);
  void blank_line();
  void rule_off();
  std::string inked(Ink ink, std::string_view text) const;
  /// `first` stands before the first line and is as wide as `indent`.
  void write_wrapped(std::string_view text, std::size_t indent, std::string_view first, Ink ink);
  void write_detail(const Fact& detail, std::size_t indent);

  std::size_t width_;
  bool colour_;
  std::string out_;
};

}  // namespace handshaked::cli
