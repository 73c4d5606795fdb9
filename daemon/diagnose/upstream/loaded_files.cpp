#include "diagnose/upstream/loaded_files.h"

#include <algorithm>
#include <filesystem>

namespace handshaked::diagnose {

std::vector<std::string> files_written_since_load(const UpstreamCase& upstream) {
  std::vector<std::string> written;
  const Surroundings& around = upstream.surroundings();
  if (!around.nginx_loaded_at || around.is_dump) return written;
  const nginx::Configuration& configuration = around.nginx->configuration;
  std::vector<std::string> paths{upstream.now().trusted_file, upstream.now().crl_file};
  const nginx::UpstreamSettings& settings = upstream.view().target->settings;
  for (const nginx::EffectiveValue* const value : {&settings.certificate, &settings.certificate_key}) {
    // Files with a variable in their name are opened for each connection.
    if (!value->first().empty() && !nginx::has_variables(value->first())) {
      paths.push_back(configuration.full_path(value->first(), nginx::PathBase::configuration));
    }
  }
  for (const auto& file : configuration.files()) paths.push_back(file->path);
  for (const std::string& path : paths) {
    std::error_code error;
    const auto at = path.empty() ? std::filesystem::file_time_type{} : std::filesystem::last_write_time(path, error);
    if (path.empty() || error) continue;
    const bool is_later = std::chrono::time_point_cast<Duration>(std::chrono::file_clock::to_sys(at)) > *around.nginx_loaded_at;
    if (is_later && std::find(written.begin(), written.end(), path) == written.end()) written.push_back(path);
  }
  return written;
}

}  // namespace handshaked::diagnose
