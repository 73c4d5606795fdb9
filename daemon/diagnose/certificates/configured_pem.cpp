#include "diagnose/certificates/configured_pem.h"

#include <algorithm>
#include <set>

namespace handshaked::diagnose {

Result<PemBundle> read_configured_pem(const nginx::ConfigurationFiles& files,
                                      const std::string& path) {
  TRY(const std::string bytes, files.read(path, kMaxBundleBytes));
  return read_pem_bundle(bytes);
}

std::string directory_of(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? std::string("./")
                                         : std::string(path.substr(0, slash + 1));
}

std::vector<std::string> files_beside(const nginx::ConfigurationFiles& files,
                                      const std::vector<std::string>& paths, std::size_t most) {
  std::vector<std::string> found;
  std::set<std::string> seen(paths.begin(), paths.end());
  std::set<std::string> directories;
  for (const std::string& path : paths) {
    if (!directories.insert(directory_of(path)).second) continue;
    for (std::string& file : files.glob(directory_of(path) + "*")) {
      if (found.size() >= most) return found;
      if (seen.insert(file).second) found.push_back(std::move(file));
    }
  }
  return found;
}

}  // namespace handshaked::diagnose
