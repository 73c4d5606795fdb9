// Any bytes as nginx.conf, and as the output of nginx -T: never a crash, every directive lies
// inside its file, every question has an end.
#include "fuzz_input.h"
#include "nginx/governing.h"
#include "nginx/installation.h"

namespace {

using namespace handshaked;

void check_block(const nginx::Directive& block) {
  std::size_t count = 0;
  for (const nginx::Directive& directive : block.block) {
    const std::size_t size = directive.file->text.size();
    fuzz::promise(directive.parent == &block, "a directive knows its block");
    fuzz::promise(directive.line >= 1 && directive.column >= 1, "a directive has line and column");
    fuzz::promise(directive.raw.begin <= directive.raw.end && directive.raw.end <= size,
                  "a directive lies inside its file");
    fuzz::promise(
        directive.body.begin <= directive.body.end && directive.body.end <= directive.raw.end,
        "a body lies inside its directive");
    for (const nginx::Word& word : directive.arguments) {
      fuzz::promise(word.raw.begin < word.raw.end && word.raw.end <= directive.raw.end,
                    "a word lies inside its directive");
    }
    fuzz::promise(!block.find(directive.name).empty(), "a directive is found by its name");
    check_block(directive);
    ++count;
  }
  fuzz::promise(count == block.by_name.size(), "every directive is in the index");
}

void check(const nginx::Configuration& configuration, std::string_view text) {
  for (const auto& problem : configuration.problems())
    fuzz::promise(!problem.reason.empty() && !problem.file.empty(),
                  "a problem says what and where");
  check_block(configuration.root());
  const nginx::PassInventory passes(configuration, {1, 22, 1});
  const nginx::ListenerInventory listeners(configuration, {});
  for (const nginx::PassTarget& target : passes.targets()) {
    for (const nginx::Destination& destination : target.destinations)
      passes.peer_names(target, destination);
  }
  nginx::LoggedPlace place;
  place.scheme = "https";
  place.peer = text.substr(0, 20);
  place.server = place.host = place.expected_name = text.substr(0, 8);
  place.request_target = text;
  nginx::governing_targets(passes, place,
                           [](const std::string&) { return std::vector<std::string>{"10.0.0.1"}; });
  place.peer = "10.0.0.1:443";
  place.server = "";
  nginx::governing_targets(passes, place);
  nginx::governing_listeners(listeners, place);
  for (const nginx::Listener& listener : listeners.listeners())
    nginx::ListenerInventory::served(listener, "a.b.test");
  nginx::error_logs(configuration, nginx::parse_nginx_version_output(text));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (fuzz::is_too_long(size, 1U << 14)) return 0;
  const std::string_view text = fuzz::text_of(data, size);
  nginx::MemoryFiles files;
  files.add("/etc/nginx/nginx.conf", std::string(text));
  files.add("/etc/nginx/a.conf",
            "server { listen 443 ssl; location / { proxy_pass https://pool; } }");
  nginx::ConfigurationOptions options;
  options.limits.includes = 200;
  const auto configuration = nginx::Configuration::load("/etc/nginx/nginx.conf", files, options);
  fuzz::promise(configuration.has_value(), "a file that can be read is read");
  check(configuration.value(), text);
  if (const auto dump = nginx::Configuration::from_dump(text, options)) check(dump.value(), text);
  return 0;
}
