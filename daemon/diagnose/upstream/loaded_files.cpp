#include "diagnose/upstream/loaded_files.h"

#include <algorithm>

#include "diagnose/case/load_time.h"

namespace handshaked::diagnose {
namespace {

std::vector<std::string> files_of(const UpstreamCase& upstream) {
  const nginx::Configuration& configuration = upstream.surroundings().nginx->configuration;
  std::vector<std::string> paths{upstream.now().trusted_file, upstream.now().crl_file};
  const nginx::UpstreamSettings& settings = upstream.view().target->settings;
  for (const nginx::EffectiveValue* const value : {&settings.certificate, &settings.certificate_key}) {
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
  const nginx::Directive* const inherits = around.nginx->configuration.root().find_first("ssl_object_cache_inheritable");
  return around.installation.version >= kObjectCache && (inherits == nullptr || inherits->argument(0) != "off");
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
    diagnosis.evidence.push_back({"file",
                                  {path + " was written after nginx read its configuration: nginx works with what was there before.",
                                   path + " 在 nginx 读取配置之后被写入：nginx 仍在使用旧内容。"}});
  }
  if (files.keeps_unchanged && files.not_loaded.empty()) {
    diagnosis.evidence.push_back(
        {"file",
         {"This nginx takes what it has of a file over a reload when the file's inode and second of writing are the same: one that was "
          "rewritten in place within a second is read once it was touched and nginx reloaded (or with ssl_object_cache_inheritable off).",
          "文件的 inode 与修改时间（秒）未变时，该版本 nginx 重载后沿用旧内容：一秒之内被原地改写的文件需 touch 后再 nginx -s "
          "reload（或设置 "
          "ssl_object_cache_inheritable off）。"}});
  }
  for (const std::string& path : files.unknown) {
    diagnosis.evidence.push_back(
        {"file",
         {path + " was changed about when nginx read its configuration: whether nginx works with it as it is now cannot be told.",
          path + " 的更改时间与 nginx 读取配置的时间相近：无法判断 nginx 使用的是否为现在的内容。"}});
  }
}

}  // namespace handshaked::diagnose
