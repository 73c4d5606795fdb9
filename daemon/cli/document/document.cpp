#include "cli/document/document.h"

#include <algorithm>

#include "cli/document/html_document.h"
#include "cli/document/markdown_document.h"
#include "cli/document/terminal.h"
#include "cli/document/text_document.h"

namespace handshaked::cli {

std::unique_ptr<Document> make_page(const PageOptions& options) {
  switch (options.format) {
    case PageFormat::markdown: return std::make_unique<MarkdownDocument>();
    case PageFormat::html: return std::make_unique<HtmlDocument>(options.language);
    case PageFormat::text: break;
  }
  return std::make_unique<TextDocument>(options.width, options.colour);
}

PageFormat page_format_of(ReportFormat format) {
  return format == ReportFormat::markdown ? PageFormat::markdown
         : format == ReportFormat::html   ? PageFormat::html
                                          : PageFormat::text;
}

PageOptions page_options_for(int descriptor, PageFormat format, Language language) {
  PageOptions options{.format = format, .language = language};
  if (const auto width = terminal_width(descriptor)) {
    options.width = std::clamp<std::size_t>(*width, 50, 110);
    options.colour = colour_is_wanted();
  }
  return options;
}

}  // namespace handshaked::cli
