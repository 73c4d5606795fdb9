#include "diagnose/upstream/loaded_files.h"

#include <algorithm>

#include "diagnose/case/load_time.h"
#include "diagnose/texts.h"

namespace handshaked::diagnose {
namespace {

std::vector<std::string> files_of(const UpstreamCase& upstream) {
  const nginx::Configuration& configuration = upstream.surroundings().nginx->configuration;
  std::vector<std::string> paths{upstream.now().trusted_file, upstream.now().crl_file};
  const nginx::UpstreamSettings& settings = upstream.view().target->settings;
  for (const nginx::EffectiveValue* const value :
       {&settings.certificate, &settings.certificate_key}) {
    // Files with a variable in their name are opened for each connection.
    if (!value->first().empty() && !nginx::has_variables(value->first()))
      paths.push_back(configuration.full_path(value->first(), nginx::PathBase::configuration));
  }
  for (const auto& file : configuration.files()) paths.push_back(file->path);
  std::sort(paths.begin(), paths.end());
  paths.erase(std::unique(paths.begin(), paths.end()), paths.end());
  std::erase(paths, std::string());
  return paths;
}

bool keeps_unchanged_files(const Surroundings& around) {
  constexpr nginx::NginxVersion kObjectCache{1, 27, 4};
  const nginx::Directive* const inherits =
      around.nginx->configuration.root().find_first("ssl_object_cache_inheritable");
  return around.installation.version >= kObjectCache &&
         (inherits == nullptr || inherits->argument(0) != "off");
}

}  // namespace

LoadedFiles loaded_files(const UpstreamCase& upstream) {
  LoadedFiles files;
  const Surroundings& around = upstream.surroundings();
  if (!around.nginx_loaded_at || around.is_dump) return files;
  files.is_load_known = true;
  files.keeps_unchanged = keeps_unchanged_files(around);
  const Time now = wall_clock_now();
  for (const std::string& path : files_of(upstream)) {
    const auto times = file_times(path);
    if (!times) continue;
    const LoadState state = load_state(*times, load_time_until(around.nginx_loaded_at), now);
    if (state == LoadState::not_loaded) files.not_loaded.push_back(path);
    else if (state == LoadState::unknown) files.unknown.push_back(path);
  }
  return files;
}

void add_load_evidence(const LoadedFiles& files, Diagnosis& diagnosis) {
  for (const std::string& path : files.not_loaded) {
    diagnosis.evidence.push_back(
        {"file", upstream_text("loaded.file_written_since", {{"file", path}})});
  }
  if (files.keeps_unchanged && files.not_loaded.empty()) {
    diagnosis.evidence.push_back({"file", upstream_text("loaded.cache_kept")});
  }
  for (const std::string& path : files.unknown) {
    diagnosis.evidence.push_back({"file", upstream_text("loaded.unknown", {{"file", path}})});
  }
}

}  // namespace handshaked::diagnose
