#include "diagnose/patch/patched_files.h"

#include <fnmatch.h>

#include <algorithm>

namespace handshaked::diagnose {

Result<std::string> PatchedFiles::read(const std::string& path, std::size_t most_bytes) const {
  if (!changed_.empty()) {
    if (const auto found = changed_.find(real_path(path)); found != changed_.end()) {
      std::string text = found->second.after();
      if (text.size() > most_bytes) {
        return fail(ErrorCode::limit_exceeded,
                    "\"" + path + "\" is larger than " + std::to_string(most_bytes) + " bytes");
      }
      return text;
    }
  }
  return below_->read(path, most_bytes);
}

std::vector<std::string> PatchedFiles::glob(const std::string& pattern) const {
  std::vector<std::string> paths = below_->glob(pattern);
  for (const auto& [path, file] : changed_) {
    if (!file.is_new || ::fnmatch(pattern.c_str(), path.c_str(), FNM_PATHNAME | FNM_PERIOD) != 0)
      continue;
    const auto place = std::lower_bound(paths.begin(), paths.end(), path);
    if (place == paths.end() || *place != path) paths.insert(place, path);
  }
  return paths;
}

Result<PatchedFile*> PatchedFiles::open(const std::string& path, const std::string* known_text) {
  const std::string real = real_path(path);
  if (const auto found = changed_.find(real); found != changed_.end()) return &found->second;
  std::shared_ptr<const std::string> text;
  if (known_text != nullptr) {
    text = std::make_shared<const std::string>(*known_text);
  } else {
    TRY(std::string read, below_->read(real, kMostBytes));
    text = std::make_shared<const std::string>(std::move(read));
  }
  return &changed_.emplace(real, PatchedFile{false, TextEdits(std::move(text)), std::nullopt})
              .first->second;
}

Result<> PatchedFiles::create(const std::string& path, std::string text) {
  const std::string real = real_path(path);
  const auto exists = below_->read(real, kMostBytes);
  if (changed_.contains(real) || exists || exists.error().code() != ErrorCode::not_found) {
    return fail(ErrorCode::invalid_input, "\"" + path + "\" is there already");
  }
  PatchedFile file{true, TextEdits(std::make_shared<const std::string>()), std::move(text)};
  changed_.emplace(real, std::move(file));
  return success();
}

}  // namespace handshaked::diagnose
