#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "diagnose/patch/text_edits.h"
#include "nginx/configuration/configuration_file.h"

namespace handshaked::diagnose {

/// One file on its way to another text: as it was, or as it was with edits, or another text
/// altogether.
struct PatchedFile {
  bool is_new = false;
  TextEdits edits;
  std::optional<std::string> whole;  ///< replaces the text; the edits then do not count

  std::string after() const { return whole ? *whole : edits.after(); }
  bool differs() const { return is_new || after() != edits.before(); }
};

/// Files as they would be with changes that are not made yet: the changed ones from memory, all
/// others from below. Borrows the files below; a value otherwise. Knows a file by its real path.
class PatchedFiles final : public nginx::ConfigurationFiles {
 public:
  explicit PatchedFiles(const nginx::ConfigurationFiles& below) : below_(&below) {}

  Result<std::string> read(const std::string& path, std::size_t most_bytes) const override;
  std::vector<std::string> glob(const std::string& pattern) const override;
  std::string real_path(const std::string& path) const override { return below_->real_path(path); }

  /// The file to be changed, read from below when it is met first. A text that is known already is
  /// taken instead of the one below.
  Result<PatchedFile*> open(const std::string& path, const std::string* known_text = nullptr);
  /// Fails with invalid_input when there is one.
  Result<> create(const std::string& path, std::string text);
  const std::map<std::string, PatchedFile>& changed() const { return changed_; }

  static constexpr std::size_t kMostBytes = 16U << 20;

 private:
  const nginx::ConfigurationFiles* below_;
  std::map<std::string, PatchedFile> changed_;  ///< by real path
};

}  // namespace handshaked::diagnose
