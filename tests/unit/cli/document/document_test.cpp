#include "cli/document/document.h"

#include <gtest/gtest.h>

#include <regex>

#include "cli/document/html_document.h"
#include "cli/document/markdown_document.h"
#include "cli/document/text_layout.h"

namespace handshaked::cli {
namespace {

const char* const kHostile = "\x1b[2J<script>alert(1)</script> `x` **b** \"q\" '&";

std::string page_of_hostile_text(PageFormat format) {
  const auto page =
      make_page({.format = format, .language = Language::en, .width = 80, .colour = false});
  page->title(kHostile);
  page->fault(match::Severity::warning, kHostile, kHostile);
  page->facts({{kHostile, kHostile}});
  page->heading(kHostile);
  page->paragraph(kHostile);
  page->note(kHostile);
  page->list(ListStyle::bullets, {{kHostile, kHostile, {{kHostile, kHostile}}}});
  page->section(kHostile);
  page->verbatim(kHostile);
  page->patch(kHostile);
  Table table{
      .columns = {{kHostile}, {kHostile, true}}, .rows = {}, .lead = 1, .lists_faults = true};
  for (int row = 0; row < 3; ++row)
    table.rows.push_back({match::Severity::info, {{kHostile}, {"", {1, 0, 2}}}});
  page->table(table);
  page->chart({.title = kHostile,
               .begin = kHostile,
               .end = kHostile,
               .spans = {kHostile, kHostile},
               .kinds = {{kHostile, {1, 2}}}});
  return page->finish();
}

TEST(Document, NeverLetsAControlCharacterThroughInAnyFormat) {
  for (const PageFormat format : {PageFormat::text, PageFormat::markdown, PageFormat::html}) {
    for (const char c : page_of_hostile_text(format))
      EXPECT_FALSE(static_cast<unsigned char>(c) < 0x20 && c != '\n');
  }
}

TEST(HtmlDocument, HoldsNoElementOfAStranger) {
  const std::string html = page_of_hostile_text(PageFormat::html);
  EXPECT_EQ(html.find("<script"), std::string::npos);
  EXPECT_NE(html.find("&lt;script&gt;"), std::string::npos);
  EXPECT_NE(html.find("default-src 'none'"), std::string::npos);
}

TEST(HtmlDocument, LoadsNothingAndClosesWhatItOpens) {
  const std::string html = page_of_hostile_text(PageFormat::html);
  EXPECT_FALSE(std::regex_search(html, std::regex("src=|href=\"[^#]|url\\(|@import")));
  const auto count = [&](const char* what) {
    const std::regex regex(what);
    return std::distance(std::sregex_iterator(html.begin(), html.end(), regex),
                         std::sregex_iterator());
  };
  EXPECT_EQ(count("<section"), count("</section>"));
  EXPECT_EQ(count("<li>"), count("</li>"));
}

TEST(MarkdownDocument, EscapesWhatWouldBeMarkup) {
  EXPECT_EQ(markdown_escaped("<b> & [x](y) *z*"), "&lt;b&gt; &amp; \\[x\\](y) \\*z\\*");
  EXPECT_EQ(markdown_escaped("- item"), "\\- item");
  EXPECT_EQ(markdown_escaped("1. item"), "1\\. item");
  EXPECT_EQ(markdown_escaped("proxy_ssl_verify _x_"), "proxy_ssl_verify \\_x\\_");
}

TEST(MarkdownDocument, FencesALineThatHoldsAFence) {
  MarkdownDocument page;
  page.verbatim("a ```` b");
  EXPECT_EQ(page.finish(), "`````text\na ```` b\n`````\n");
}

TEST(TextDocument, AlignsFactsAndWrapsThem) {
  const auto page = make_page(
      {.format = PageFormat::text, .language = Language::en, .width = 40, .colour = false});
  page->facts({{"Where", "somewhere"}, {"Name", "a text that is too long for a single line"}});
  EXPECT_EQ(page->finish(),
            "  Where  somewhere\n  Name   a text that is too long for a\n         single line\n");
}

Table faults() {
  Table table{.columns = {{"#", true}, {"FAULT"}, {"CAUSE"}, {"LINES", true}, {"OVER TIME"}},
              .rows = {},
              .lead = 2,
              .lists_faults = true};
  table.rows.push_back({match::Severity::warning,
                        {{"1"},
                         {"shop → 10.0.0.1:8443: it has expired"},
                         {"expired? 70%"},
                         {"1,200"},
                         {"", {0, 1, 8}}}});
  table.rows.push_back(
      {match::Severity::info, {{"2"}, {"证书已过期"}, {""}, {"3"}, {"", {2, 0, 0}}}});
  return table;
}

TEST(TextDocument, PutsATableOnOneLineARowWhereThereIsRoom) {
  const auto page = make_page(
      {.format = PageFormat::text, .language = Language::en, .width = 110, .colour = false});
  page->table(faults());
  EXPECT_EQ(page->finish(),
            "  #  FAULT                                 CAUSE         LINES  OVER TIME\n"
            "  1  shop → 10.0.0.1:8443: it has expired  expired? 70%  1,200  ·▁█\n"
            "  2  证书已过期                                              3  █··\n");
}

TEST(TextDocument, GivesAWideTableTwoLinesARow) {
  const auto page = make_page(
      {.format = PageFormat::text, .language = Language::en, .width = 50, .colour = false});
  page->table(faults());
  EXPECT_EQ(page->finish(),
            "  #  FAULT\n"
            "     CAUSE         LINES  OVER TIME\n"
            "  1  shop → 10.0.0.1:8443: it has expired\n"
            "     expired? 70%  1,200  ·▁█\n"
            "  2  证书已过期\n"
            "                       3  █··\n");
}

TEST(TextDocument, KeepsATableWithinItsWidth) {
  for (const std::size_t width : {50U, 60U, 80U, 110U}) {
    const auto page = make_page(
        {.format = PageFormat::text, .language = Language::en, .width = width, .colour = false});
    Table table = faults();
    table.rows[0].cells[1].text = std::string(30, 'a') + " " + std::string(200, 'b') + " c";
    table.rows[1].cells[2].text = std::string(300, 'd');
    page->table(table);
    const std::string text = page->finish();
    for (const std::string_view line : lines_of(text)) {
      if (line.find("bbb") != std::string_view::npos) continue;  // a word stays whole
      EXPECT_LE(display_width(line), width) << text;
    }
  }
}

TEST(MarkdownDocument, MakesATableThatNoCellCanLeave) {
  const auto page = make_page({.format = PageFormat::markdown});
  Table table = faults();
  table.rows[0].cells[1].text = "a | b\n| c";
  page->table(table);
  EXPECT_EQ(page->finish(),
            "| \\# | FAULT | CAUSE | LINES | OVER TIME |\n"
            "| ---: | --- | --- | ---: | --- |\n"
            "| 1 | a \\| b\\\\n\\| c | expired? 70% | 1,200 | ·▁█ |\n"
            "| 2 | 证书已过期 |  | 3 | █·· |\n");
}

TEST(HtmlDocument, RunsNoScriptButTheOneThatItsPolicyNames) {
  const std::string html = page_of_hostile_text(PageFormat::html);
  EXPECT_EQ(html.find("script-src"), std::string::npos) << "one fault needs no filter";
  const auto page = make_page({.format = PageFormat::html});
  for (int fault = 0; fault < 7; ++fault) page->fault(match::Severity::warning, "a", kHostile);
  const std::string filtered = page->finish();
  EXPECT_NE(filtered.find("script-src 'sha256-"), std::string::npos);
  EXPECT_EQ(filtered.find("<script>", filtered.find("<script>") + 1), std::string::npos);
  EXPECT_NE(filtered.find("<details id=\"f5\" class=\"fault warning\" open>"), std::string::npos);
  EXPECT_NE(filtered.find("<details id=\"f6\" class=\"fault warning\">"), std::string::npos);
}

TEST(TextDocument, UsesColourOnlyWhenAsked) {
  for (const bool colour : {false, true}) {
    const auto page = make_page(
        {.format = PageFormat::text, .language = Language::en, .width = 80, .colour = colour});
    page->title("x");
    EXPECT_EQ(page->finish().find('\x1b') != std::string::npos, colour);
  }
}

}  // namespace
}  // namespace handshaked::cli
