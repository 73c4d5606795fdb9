#include "cli/page.h"

#include <algorithm>

#include "cli/html_page.h"
#include "cli/markdown_page.h"
#include "cli/terminal.h"
#include "cli/text_page.h"

namespace handshaked::cli {

std::unique_ptr<Page> make_page(const PageOptions& options) {
  switch (options.format) {
    case PageFormat::markdown: return std::make_unique<MarkdownPage>();
    case PageFormat::html: return std::make_unique<HtmlPage>(options.language);
    case PageFormat::text: break;
  }
  return std::make_unique<TextPage>(options.width, options.colour);
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
