// Any bytes as nginx.conf: whatever a patch sets in a sound configuration is what nginx then reads
// there, nothing else changes its meaning, and the diff gives back exactly the patched text.
#include "diagnose/patch/configuration_patch.h"
#include "diagnose/patch/diff_application.h"
#include "fuzz_input.h"

namespace {

using namespace handshaked;
constexpr const char* kPath = "/etc/nginx/nginx.conf";
constexpr const char* kName = "proxy_ssl_name";

void check_block(const nginx::Directive& block, const nginx::Configuration& configuration,
                 const nginx::ConfigurationFiles& files, const std::string& text,
                 const std::string& value, std::size_t& left) {
  if (left == 0) return;
  --left;
  diagnose::ConfigurationPatch patch(configuration, files);
  const std::vector<std::string> words{value, "b"};
  if (!patch.set_directive(block, kName, words)) return;
  const std::string after =
      patch.changed_files().contains(kPath) ? patch.changed_files().at(kPath) : text;
  const auto reread = patch.reread();
  fuzz::promise(reread.has_value(), "a patched configuration is read");
  fuzz::promise(reread.value().problems().empty(), "a sound configuration stays sound");
  const std::size_t added = block.find(kName).empty() ? 1 : 0;
  fuzz::promise(reread.value().directive_count() == configuration.directive_count() + added,
                "no other directive comes or goes");
  if (const auto diff = patch.unified_diff(); diff && !diff.value().empty()) {
    const auto applied = diagnose::apply_unified_diff(diff.value(), files);
    fuzz::promise(applied.has_value(), "a diff fits what it was made from");
    fuzz::promise(applied.value().at(kPath).after == after, "a diff gives the patched text");
  }
  for (const nginx::Directive& child : block.block) {
    if (child.has_block && !child.is_lua && child.file->path == kPath) {
      check_block(child, configuration, files, text, value, left);
    } else if (!child.has_block && child.file->path == kPath && left > 0) {
      --left;
      diagnose::ConfigurationPatch removal(configuration, files);
      if (!removal.remove(child)) continue;
      const auto without = removal.reread();
      fuzz::promise(without.has_value(), "a configuration without a directive is read");
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (fuzz::is_too_long(size, 1U << 12)) return 0;
  const std::string text(fuzz::text_of(data, size));
  nginx::MemoryFiles files;
  files.add(kPath, text);
  static_cast<void>(diagnose::apply_unified_diff(text, files));  // any bytes as a diff
  const auto configuration = nginx::Configuration::load(kPath, files);
  fuzz::promise(configuration.has_value(), "a file that can be read is read");
  if (!configuration.value().problems().empty()) return 0;
  std::size_t left = 20;
  check_block(configuration.value().root(), configuration.value(), files, text, text.substr(0, 12),
              left);
  return 0;
}
