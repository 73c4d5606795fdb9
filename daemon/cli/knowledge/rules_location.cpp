#include "cli/knowledge/rules_location.h"

#include <algorithm>
#include <cstdlib>

#include "base/text/visible_text.h"
#include "cli/document/text_file.h"

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
  for (int i = 0; i < kHighest && directory.has_relative_path();
       ++i, directory = directory.parent_path()) {
    std::error_code error;
    // The causes tell our rules from somebody else's directory of that name.
    if (fs::is_directory(directory / "rules" / "causes", error)) return directory / "rules";
  }
  return std::nullopt;
}

bool is_edition(std::string_view text) {
  static constexpr std::string_view kShape = "0000-00-00";
  static constexpr std::size_t kLongest = 13;
  if (text.size() < kShape.size() || text.size() > kLongest) return false;
  const auto is_digit = [](char letter) { return letter >= '0' && letter <= '9'; };
  for (std::size_t i = 0; i < kShape.size(); ++i) {
    if (kShape[i] == '0' ? !is_digit(text[i]) : text[i] != kShape[i]) return false;
  }
  const std::string_view rest = text.substr(kShape.size());
  return rest.empty() || (rest.size() > 1 && rest.front() == '.' &&
                          std::all_of(rest.begin() + 1, rest.end(), is_digit));
}

Result<std::string> read_edition(const std::string& rules_directory) {
  const std::string file = rules_directory + "/" + kEditionFile;
  TRY(std::string text, read_text_file(file));
  while (!text.empty() && text.back() == '\n') text.pop_back();
  if (!is_edition(text))
    return fail(ErrorCode::invalid_input,
                file + ": \"" + text.substr(0, 40) + "\" is not a date such as 2026-11-30");
  return text;
}

std::string newer_rules(const std::string& installed, const std::string& updated) {
  const auto theirs = read_edition(updated), ours = read_edition(installed);
  return theirs && (!ours || theirs.value() > ours.value()) ? updated : installed;
}

std::string find_rules(const std::string& asked_for) {
  if (!asked_for.empty()) return asked_for;
  if (const char* const directory = std::getenv("HANDSHAKED_RULES");
      directory != nullptr && *directory != '\0')
    return directory;
  std::error_code error;
  const fs::path program =
      fs::read_symlink("/proc/self/exe", error);  // empty where nobody has mounted /proc
  const auto own = program.empty() ? std::nullopt : rules_of_installation(program);
  const std::string updated = std::string(kUpdatesDirectory) + "/current";
  if (own) return newer_rules(own->string(), updated);
  if (fs::is_directory(HANDSHAKED_RULES_DIR, error))
    return newer_rules(HANDSHAKED_RULES_DIR, updated);
  if (const auto found = rules_around(program)) return found->string();
  return {};
}

}  // namespace handshaked::cli
