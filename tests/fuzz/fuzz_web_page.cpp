// What strangers can bring to the web listener beside HTTP itself: headers, paths, and names in the
// metrics.
#include <algorithm>

#include "fuzz_input.h"
#include "web/app_files.h"
#include "web/expected_host.h"
#include "web/metrics_text.h"
#include "web/site.h"

using namespace handshaked;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (fuzz::is_too_long(size, 1U << 16)) return 0;
  const std::string text(fuzz::text_of(data, size));
  static const std::vector<std::string> kNames{"proxy-7"};
  if (web::is_expected_host(text, kNames))
    fuzz::promise(text.size() < 80 && text.find_first_of("<>\"' @/\\") == std::string::npos,
                  "a host that is ours looks like one");
  (void)web::preferred_language(text, Language::en);

  telemetry::Metrics figures{.version = "1", .host = text};
  figures.store.trouble = text;
  figures.sources.push_back({.kind = "files", .name = text, .lag_bytes = 1});
  telemetry::ReceiverMetrics receiver{.name = text, .circuit = "open"};
  receiver.last_failure = text;
  figures.receivers.push_back(receiver);
  // Only paths that begin like ours are ours.
  if (const web::AppFile* const file = web::find_app_file(text))
    fuzz::promise(text.starts_with('/') && !file->text.empty() && !file->gzipped.empty(),
                  "a file of the page is there as a whole");

  // A name cannot begin a line of its own, nor end its quotes.
  const std::string metrics = web::metrics_text(figures);
  figures.sources.back().name = "x";
  figures.receivers.back().name = "x";
  const std::string plain = web::metrics_text(figures);
  fuzz::promise(std::count(metrics.begin(), metrics.end(), '\n') ==
                    std::count(plain.begin(), plain.end(), '\n'),
                "a name adds no line to the metrics");
  return 0;
}
