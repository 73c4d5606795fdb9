#include "diagnose/preflight/planned_files.h"

#include <fnmatch.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>

namespace handshaked::diagnose {
namespace {

std::string without_end_slash(std::string path) {
  while (!path.empty() && path.back() == '/') path.pop_back();
  return path;
}

/// `path` lies in `directory`, or is it.
bool lies_in(const std::string& path, const std::string& directory) {
  return path.starts_with(directory) &&
         (path.size() == directory.size() || path[directory.size()] == '/');
}

std::string absolute_here(const std::string& path) {
  std::error_code failure;
  const auto whole = std::filesystem::absolute(path, failure);
  return without_end_slash(
      (failure ? std::filesystem::path(path) : whole).lexically_normal().string());
}

void add_sorted(std::vector<std::string>& paths, std::vector<std::string> more) {
  paths.insert(paths.end(), std::make_move_iterator(more.begin()),
               std::make_move_iterator(more.end()));
  std::sort(paths.begin(), paths.end());
  paths.erase(std::unique(paths.begin(), paths.end()), paths.end());
}

}  // namespace

RootedFiles::RootedFiles(std::vector<Root> roots) : roots_(std::move(roots)) {
  for (Root& root : roots_) {
    root.prefix = without_end_slash(std::move(root.prefix));
    if (root.directory.size() > 1) root.directory = without_end_slash(std::move(root.directory));
  }
  std::stable_sort(roots_.begin(), roots_.end(), [](const Root& left, const Root& right) {
    return left.prefix.size() > right.prefix.size();
  });
}

std::string RootedFiles::here(const std::string& path) const {
  if (roots_.empty()) return path;
  // A ".." must not lead out of the root.
  const std::string plain = ConfigurationFiles::real_path(path);
  for (const Root& root : roots_) {
    if (!lies_in(plain, root.prefix)) continue;
    const std::string rest = plain.substr(root.prefix.size());
    return root.directory == "/" ? rest : root.directory + rest;
  }
  return {};
}

std::string RootedFiles::there(const std::string& path) const {
  const std::string whole = absolute_here(path);
  for (const Root& root : roots_) {
    const std::string directory = absolute_here(root.directory);
    if (lies_in(whole, directory)) return root.prefix + whole.substr(directory.size());
  }
  return path;
}

Result<std::string> RootedFiles::read(const std::string& path, std::size_t most_bytes) const {
  if (roots_.empty()) return disk_.read(path, most_bytes);
  const std::string place = here(path);
  if (place.empty()) return fail(ErrorCode::not_found, "\"" + path + "\" lies under no --root");
  if (auto text = disk_.read(place, most_bytes)) return text;
  else return fail(text.error().code(), "\"" + path + "\" cannot be read here as " + place);
}

std::vector<std::string> RootedFiles::glob(const std::string& pattern) const {
  if (roots_.empty()) return disk_.glob(pattern);
  const std::string place = here(pattern);
  if (place.empty()) return {};
  std::vector<std::string> found = disk_.glob(place);
  const std::string plain = ConfigurationFiles::real_path(pattern);
  for (const Root& root : roots_) {
    if (!lies_in(plain, root.prefix)) continue;
    const std::size_t cut = root.directory == "/" ? 0 : root.directory.size();
    for (std::string& path : found) path = root.prefix + path.substr(std::min(cut, path.size()));
    break;
  }
  std::sort(found.begin(), found.end());
  return found;
}

std::string RootedFiles::real_path(const std::string& path) const {
  return roots_.empty() ? disk_.real_path(path) : ConfigurationFiles::real_path(path);
}

void PlannedFiles::put(const std::string& path, std::string text) {
  planned_.insert_or_assign(real_path(path), std::move(text));
}

bool PlannedFiles::is_planned(const std::string& path) const {
  return planned_.contains(real_path(path));
}

Result<std::string> PlannedFiles::read(const std::string& path, std::size_t most_bytes) const {
  const auto found = planned_.empty() ? planned_.end() : planned_.find(real_path(path));
  if (found == planned_.end()) return below_.read(path, most_bytes);
  if (found->second.size() > most_bytes)
    return fail(ErrorCode::limit_exceeded, "\"" + path + "\" is too large");
  return found->second;
}

std::vector<std::string> PlannedFiles::glob(const std::string& pattern) const {
  std::vector<std::string> found = below_.glob(pattern);
  std::vector<std::string> more;
  for (const auto& [path, text] : planned_) {
    if (::fnmatch(pattern.c_str(), path.c_str(), FNM_PATHNAME | FNM_PERIOD) == 0)
      more.push_back(path);
  }
  add_sorted(found, std::move(more));
  return found;
}

Result<std::string> DumpedFiles::read(const std::string& path, std::size_t most_bytes) const {
  if (dump_.holds(path)) return dump_.read(path, most_bytes);
  return below_->read(path, most_bytes);
}

std::vector<std::string> DumpedFiles::glob(const std::string& pattern) const {
  std::vector<std::string> found = dump_.glob(pattern);
  // What the dump has for a pattern is all that nginx included there; files beside it are asked for
  // by their own name.
  if (!found.empty() && pattern.find_first_of("*?[") != std::string::npos) return found;
  add_sorted(found, below_->glob(pattern));
  return found;
}

std::string DumpedFiles::real_path(const std::string& path) const {
  return dump_.holds(path) ? ConfigurationFiles::real_path(path) : below_->real_path(path);
}

}  // namespace handshaked::diagnose
