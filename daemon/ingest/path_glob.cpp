#include "ingest/path_glob.h"

#include <dirent.h>
#include <fnmatch.h>
#include <glob.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <memory>

#include "base/error.h"
#include "ingest/rotated_files.h"

namespace handshaked::ingest {

namespace {

constexpr std::size_t kMostPaths = 1024;
constexpr std::size_t kMostKnown = 8 * kMostPaths;

std::string directory_of(std::string_view path) {
  const auto slash = path.rfind('/');
  if (slash == std::string_view::npos) return ".";
  return std::string(slash == 0 ? "/" : path.substr(0, slash));
}

std::string_view name_of(std::string_view path) { return path.substr(path.rfind('/') + 1); }

std::string with_name(std::string_view path, std::string_view name) {
  return std::string(path.substr(0, path.rfind('/') + 1)).append(name);
}

bool is_directory(const std::string& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode);
}

std::string link_target(const std::string& path) {
  struct stat status {};
  if (::lstat(path.c_str(), &status) != 0 || !S_ISLNK(status.st_mode)) return {};
  const std::unique_ptr<char, void (*)(void*)> target(::realpath(path.c_str(), nullptr),
                                                      &std::free);
  return target ? std::string(target.get()) : std::string();
}

std::string resolved(const std::string& path) {
  const std::unique_ptr<char, void (*)(void*)> target(::realpath(path.c_str(), nullptr),
                                                      &std::free);
  return target ? std::string(target.get()) : path;
}

/// The names of which `name` could be a rotated form: each beginning of it, and each with its
/// extension put back.
template <class Predicate>
bool is_rotated_form(std::string_view name, const Predicate& is_log) {
  for (std::size_t size = 1; size < name.size(); ++size) {
    const std::string_view log = name.substr(0, size);
    if (rotation_of(log, name) && is_log(std::string(log), false)) return true;
  }
  const auto dot = name.rfind('.');
  if (dot == std::string_view::npos) return false;
  for (std::size_t size = 1; size < dot; ++size) {
    const std::string log = std::string(name.substr(0, size)).append(name.substr(dot));
    const auto rotation = rotation_of(log, name);
    if (rotation && rotation->before_extension && is_log(log, true)) return true;
  }
  return false;
}

}  // namespace

bool has_wildcard(std::string_view path) {
  return path.find_first_of("*?[{") != std::string_view::npos;
}

PathGlob::Expansion PathGlob::expand() {
  Expansion expansion;
  std::set<std::string> paths;
  for (const std::string& pattern : patterns_) {
    if (!has_wildcard(pattern)) paths.insert(pattern);
  }
  for (const std::string& path : paths) known_.insert(path);

  for (const std::string& pattern : patterns_) {
    if (!has_wildcard(pattern)) continue;
    const std::vector<std::string> found = match(pattern, expansion);
    const std::set<std::string_view> beside(found.begin(), found.end());
    const auto is_log = [&](const std::string& path, std::string_view log, bool before_extension) {
      const std::string log_path = with_name(path, log);
      if (known_.contains(log_path) || beside.contains(log_path)) return true;
      // error.log.1 in the moment in which error.log was renamed and is not there again. A date
      // before the extension may be a program's own way to name its logs, where nothing without the
      // date exists.
      return !before_extension &&
             ::fnmatch(pattern.c_str(), log_path.c_str(), FNM_PATHNAME | FNM_PERIOD) == 0;
    };
    for (const std::string& path : found) {
      if (!is_rotated_form(name_of(path), [&](const std::string& log, bool before_extension) {
            return is_log(path, log, before_extension);
          })) {
        paths.insert(path);
      }
    }
  }

  std::set<std::string> real;
  for (const std::string& path : paths) {
    if (link_target(path).empty()) real.insert(resolved(path));
  }
  for (const std::string& path : paths) {
    const bool is_named = std::find(patterns_.begin(), patterns_.end(), path) != patterns_.end();
    const std::string target = is_named ? std::string() : link_target(path);
    if (!target.empty() && real.contains(target)) continue;
    if (expansion.paths.size() == kMostPaths) {
      expansion.problems.push_back("more than " + std::to_string(kMostPaths) +
                                   " logs match; the rest is not followed");
      break;
    }
    expansion.paths.push_back(path);
    if (known_.size() < kMostKnown) known_.insert(path);
  }
  return expansion;
}

std::vector<std::string> PathGlob::match(const std::string& pattern, Expansion& expansion) {
  std::vector<std::string> found;
  glob_t result{};
  const int status = ::glob(pattern.c_str(), GLOB_BRACE | GLOB_NOSORT, nullptr, &result);
  for (std::size_t i = 0; status == 0 && i < result.gl_pathc; ++i) {
    std::string path = result.gl_pathv[i];
    if (!has_compressed_name(path) && !is_directory(path)) found.push_back(std::move(path));
  }
  ::globfree(&result);
  if (status == GLOB_NOSPACE)
    expansion.problems.push_back(pattern + ": out of memory while it was expanded");
  const std::string directory = directory_of(pattern);
  if (status != 0 && !has_wildcard(directory)) {
    const std::unique_ptr<DIR, int (*)(DIR*)> opened(::opendir(directory.c_str()), &::closedir);
    if (!opened) expansion.problems.push_back(error_from_errno(errno, directory).message());
  }
  return found;
}

std::vector<std::string> PathGlob::directories() const {
  std::set<std::string> directories;
  for (const std::string& pattern : patterns_) {
    if (!has_wildcard(directory_of(pattern))) directories.insert(directory_of(pattern));
  }
  return {directories.begin(), directories.end()};
}

}  // namespace handshaked::ingest
