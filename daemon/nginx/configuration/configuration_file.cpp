#include "nginx/configuration/configuration_file.h"

#include <fcntl.h>
#include <fnmatch.h>
#include <glob.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <system_error>

#include "base/file_descriptor.h"

namespace handshaked::nginx {
namespace {

constexpr std::size_t kMostMatches = 20'000;

/// nginx's words: open() "/etc/nginx/x.conf" failed (2: No such file or directory).
auto system_failure(const char* call, const std::string& path, int number) {
  const ErrorCode code = error_from_errno(number, "").code();
  return fail(code, std::string(call) + "() \"" + path + "\" failed (" + std::to_string(number) +
                        ": " + std::generic_category().message(number) + ")");
}

auto too_large(const std::string& path, std::size_t most_bytes) {
  return fail(ErrorCode::limit_exceeded,
              "\"" + path + "\" is larger than " + std::to_string(most_bytes) + " bytes");
}

}  // namespace

std::string ConfigurationFiles::real_path(const std::string& path) const {
  return std::filesystem::path(path).lexically_normal().string();
}

std::string DiskFiles::real_path(const std::string& path) const {
  std::error_code failure;
  const auto real = std::filesystem::weakly_canonical(path, failure);
  return failure ? ConfigurationFiles::real_path(path) : real.string();
}

Result<std::string> DiskFiles::read(const std::string& path, std::size_t most_bytes) const {
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (file.number() < 0) return system_failure("open", path, errno);
  struct stat status {};
  if (::fstat(file.number(), &status) != 0) return system_failure("fstat", path, errno);
  if (!S_ISREG(status.st_mode))
    return fail(ErrorCode::io, "\"" + path + "\" is not a regular file");
  std::string text;
  char buffer[65536];
  for (;;) {
    const ssize_t count = ::read(file.number(), buffer, sizeof buffer);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return system_failure("read", path, errno);
    if (count == 0) return text;
    if (text.size() + static_cast<std::size_t>(count) > most_bytes)
      return too_large(path, most_bytes);
    text.append(buffer, static_cast<std::size_t>(count));
  }
}

std::vector<std::string> DiskFiles::glob(const std::string& pattern) const {
  glob_t found{};
  std::vector<std::string> paths;
  // GLOB_NOSORT: glob() would sort by our locale, nginx runs in "C".
  if (::glob(pattern.c_str(), GLOB_NOSORT, nullptr, &found) == 0) {
    const std::size_t count = std::min<std::size_t>(found.gl_pathc, kMostMatches);
    paths.assign(found.gl_pathv, found.gl_pathv + count);
  }
  ::globfree(&found);
  std::sort(paths.begin(), paths.end());
  return paths;
}

Result<std::string> MemoryFiles::read(const std::string& path, std::size_t most_bytes) const {
  const auto found = files_.find(path);
  if (found == files_.end()) return system_failure("open", path, ENOENT);
  if (found->second.size() > most_bytes) return too_large(path, most_bytes);
  return found->second;
}

std::vector<std::string> MemoryFiles::glob(const std::string& pattern) const {
  std::vector<std::string> paths;
  for (const auto& [path, text] : files_) {
    if (::fnmatch(pattern.c_str(), path.c_str(), FNM_PATHNAME | FNM_PERIOD) == 0)
      paths.push_back(path);
  }
  return paths;
}

Result<ConfigurationDump> read_dump(std::string_view dump) {
  constexpr std::string_view kHeader = "# configuration file ";
  ConfigurationDump result;
  std::string path;
  std::size_t body = 0;
  const auto close_file = [&](std::size_t end) {
    if (path.empty()) return;
    // nginx writes one '\n' behind every file.
    if (end > body && dump[end - 1] == '\n') --end;
    result.files.add(path, std::string(dump.substr(body, end - body)));
  };
  for (std::size_t line = 0; line < dump.size();) {
    const std::size_t end = std::min(dump.find('\n', line), dump.size());
    std::string_view text = dump.substr(line, end - line);
    if (text.ends_with('\r')) text.remove_suffix(1);
    if (text.starts_with(kHeader) && text.ends_with(':')) {
      const std::string name(text.substr(kHeader.size(), text.size() - kHeader.size() - 1));
      if (name.starts_with('/') && name != path && !result.files.holds(name)) {
        close_file(line);
        if (result.main_path.empty()) result.main_path = name;
        path = name;
        body = std::min(end + 1, dump.size());
      }
    }
    line = end + 1;
  }
  close_file(dump.size());
  if (path.empty())
    return fail(ErrorCode::invalid_input,
                "no \"# configuration file /path:\" line: this is not the output of nginx -T");
  return result;
}

}  // namespace handshaked::nginx
