#include "cli/knowledge/rules_location.h"

#include <cstdlib>

namespace handshaked::cli {

namespace fs = std::filesystem;

std::optional<fs::path> rules_of_installation(const fs::path& program) {
  const fs::path rules = program.parent_path().parent_path() / "share" / "handshaked" / "rules";
  std::error_code error;
  return fs::is_directory(rules, error) ? std::optional(rules) : std::nullopt;
}

std::optional<fs::path> rules_around(const fs::path& program) {
  // BUILD/daemon/handshaked, and builds that lie a little deeper or beside the sources.
  static constexpr int kHighest = 5;
  fs::path directory = program.parent_path();
  for (int i = 0; i < kHighest && directory.has_relative_path(); ++i, directory = directory.parent_path()) {
    std::error_code error;
    // The causes tell our rules from somebody else's directory of that name.
    if (fs::is_directory(directory / "rules" / "causes", error)) return directory / "rules";
  }
  return std::nullopt;
}

std::string find_rules(const std::string& asked_for) {
  if (!asked_for.empty()) return asked_for;
  if (const char* const directory = std::getenv("HANDSHAKED_RULES"); directory != nullptr && *directory != '\0') return directory;
  std::error_code error;
  const fs::path program = fs::read_symlink("/proc/self/exe", error);  // empty where nobody has mounted /proc
  const auto own = program.empty() ? std::nullopt : rules_of_installation(program);
  if (own) return own->string();
  if (fs::is_directory(HANDSHAKED_RULES_DIR, error)) return HANDSHAKED_RULES_DIR;
  if (const auto found = rules_around(program)) return found->string();
  return {};
}

}  // namespace handshaked::cli
