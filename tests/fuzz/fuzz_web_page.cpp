// What strangers can bring to the web listener beside HTTP itself: headers, and, through a log, every text on the page. Whatever it is, the
// page has no markup but its own.
#include <algorithm>
#include <array>

#include "base/utf8.h"
#include "fuzz_input.h"
#include "web/expected_host.h"
#include "web/live_page.h"
#include "web/metrics_text.h"
#include "web/site.h"

namespace {

using namespace handshaked;

constexpr std::array<std::string_view, 34> kOwnTags{"!doctype", "a",  "body",  "code",    "dd",   "dl",     "dt",    "footer", "h1",
                                                    "h2",       "h3", "head",  "header",  "html", "li",     "main",  "meta",   "nav",
                                                    "ol",       "p",  "pre",   "section", "span", "strong", "style", "table",  "tbody",
                                                    "td",       "th", "thead", "title",   "tr",   "ul",     ""};

void check_page(std::string_view page) {
  for (std::size_t at = page.find('<'); at != std::string_view::npos; at = page.find('<', at + 1)) {
    std::string_view tag = page.substr(at + 1);
    if (tag.starts_with('/')) tag.remove_prefix(1);
    tag = tag.substr(0, tag.find_first_not_of("!abcdefghijklmnopqrstuvwxyz0123456789"));
    fuzz::promise(!tag.empty() && std::find(kOwnTags.begin(), kOwnTags.end(), tag) != kOwnTags.end(), "the page has no markup but its own");
  }
  fuzz::promise(page.ends_with("</html>\n"), "the page is whole");
  for (std::string_view rest = page; !rest.empty();) {
    const Utf8Step step = next_utf8_step(rest);
    fuzz::promise(step.is_valid, "the page is UTF-8");
    rest.remove_prefix(step.length);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (fuzz::is_too_long(size, 1U << 16)) return 0;
  const std::string text(fuzz::text_of(data, size));
  static const std::vector<std::string> kNames{"proxy-7"};
  if (web::is_expected_host(text, kNames))
    fuzz::promise(text.size() < 80 && text.find_first_of("<>\"' @/\\") == std::string::npos, "a host that is ours looks like one");
  (void)web::preferred_language(text, Language::en);

  telemetry::Metrics figures{.version = "1", .host = text};
  figures.store.trouble = text;
  figures.sources.push_back({.kind = "files", .name = text, .lag_bytes = 1});
  telemetry::ReceiverMetrics receiver{.name = text, .circuit = "open"};
  receiver.last_failure = text;
  figures.receivers.push_back(receiver);
  check_page(web::live_page(figures, text, Language::en));
  check_page(web::live_page(figures, text, Language::zh));

  // A name cannot begin a line of its own, nor end its quotes.
  const std::string metrics = web::metrics_text(figures);
  figures.sources.back().name = "x";
  figures.receivers.back().name = "x";
  const std::string plain = web::metrics_text(figures);
  fuzz::promise(std::count(metrics.begin(), metrics.end(), '\n') == std::count(plain.begin(), plain.end(), '\n'),
                "a name adds no line to the metrics");
  return 0;
}
