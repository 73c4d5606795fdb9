#include "cli/document/document.h"

#include <gtest/gtest.h>

#include <regex>

#include "cli/document/html_document.h"
#include "cli/document/markdown_document.h"

namespace handshaked::cli {
namespace {

const char* const kHostile = "\x1b[2J<script>alert(1)</script> `x` **b** \"q\" '&";

std::string page_of_hostile_text(PageFormat format) {
  const auto page = make_page({.format = format, .language = Language::en, .width = 80, .colour = false});
  page->title(kHostile);
  page->fault(match::Severity::warning, kHostile, kHostile);
  page->facts({{kHostile, kHostile}});
  page->heading(kHostile);
  page->paragraph(kHostile);
  page->note(kHostile);
  page->list(ListStyle::bullets, {{kHostile, kHostile, {{kHostile, kHostile}}}});
  page->section(kHostile);
  page->verbatim(kHostile);
  return page->finish();
}

TEST(Document, NeverLetsAControlCharacterThroughInAnyFormat) {
  for (const PageFormat format : {PageFormat::text, PageFormat::markdown, PageFormat::html}) {
    for (const char c : page_of_hostile_text(format)) EXPECT_FALSE(static_cast<unsigned char>(c) < 0x20 && c != '\n');
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
  EXPECT_FALSE(std::regex_search(html, std::regex("src=|href=|url\\(|@import")));
  const auto count = [&](const char* what) {
    const std::regex regex(what);
    return std::distance(std::sregex_iterator(html.begin(), html.end(), regex), std::sregex_iterator());
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
  const auto page = make_page({.format = PageFormat::text, .language = Language::en, .width = 40, .colour = false});
  page->facts({{"Where", "somewhere"}, {"Name", "a text that is too long for a single line"}});
  EXPECT_EQ(page->finish(), "  Where  somewhere\n  Name   a text that is too long for a\n         single line\n");
}

TEST(TextDocument, UsesColourOnlyWhenAsked) {
  for (const bool colour : {false, true}) {
    const auto page = make_page({.format = PageFormat::text, .language = Language::en, .width = 80, .colour = colour});
    page->title("x");
    EXPECT_EQ(page->finish().find('\x1b') != std::string::npos, colour);
  }
}

}  // namespace
}  // namespace handshaked::cli
