#include "diagnose/host/nginx_footprint.h"

#include <sys/stat.h>

#include <algorithm>
#include <set>

namespace handshaked::diagnose {
namespace {

constexpr int kMostReadings = 3;
/// The kernel stamps files with a clock that is a tick behind.
constexpr std::chrono::milliseconds kFileClock{20};

std::string stamp(const timespec& at) {
  return std::to_string(at.tv_sec) + '.' + std::to_string(at.tv_nsec);
}

class FootprintMaker {
 public:
  FootprintMaker(const nginx::Configuration& configuration, std::optional<LoadTime> loaded_at,
                 Time now)
      : configuration_(configuration), loaded_at_(loaded_at), now_(now) {}

  NginxFootprint make() {
    for (const auto& file : configuration_.files()) add_once(file->path);
    add_once(configuration_.configuration_prefix());
    add_named_files(configuration_.root());
    return std::move(footprint_);
  }

 private:
  /// A file is named once for each place that uses it.
  void add_once(const std::string& path) {
    if (seen_.insert(path).second) add(path);
  }

  void add(const std::string& path) {
    struct stat status {};
    if (::stat(path.c_str(), &status) != 0) return;
    footprint_.text += path + ' ' + std::to_string(status.st_ino) + ' ' +
                       std::to_string(status.st_size) + ' ' + stamp(status.st_mtim) + ' ';
    if (!S_ISREG(status.st_mode)) {  // what else goes on in a directory is not our business
      footprint_.text += '\n';
      return;
    }
    footprint_.text += stamp(status.st_ctim) + '\n';
    const auto times = file_times(path);
    if (!times) return;
    footprint_.newest_change = std::max(footprint_.newest_change, times->changed_at);
    footprint_.awaits_load =
        footprint_.awaits_load || load_state(*times, loaded_at_, now_) == LoadState::not_loaded;
  }

  void add_named_files(const nginx::Directive& block) {
    for (const nginx::Directive& directive : block.block) {
      const std::string& name = directive.name;
      const bool names_file = name.ends_with("_certificate") || name.ends_with("_crl") ||
                              name.ends_with("_certificate_key") || name == "ssl_crl" ||
                              name == "ssl_dhparam" || name == "ssl_stapling_file";
      if (names_file && !directive.argument(0).empty() &&
          directive.argument(0).find('$') == std::string_view::npos)
        add_once(configuration_.full_path(directive.argument(0), nginx::PathBase::configuration));
      if (name == "include" && !directive.argument(0).empty()) {
        const std::string path =
            configuration_.full_path(directive.argument(0), nginx::PathBase::configuration);
        add_once(path.substr(0, path.rfind('/') + 1));
      }
      if (directive.has_block) add_named_files(directive);
    }
  }

  const nginx::Configuration& configuration_;
  const std::optional<LoadTime> loaded_at_;
  const Time now_;
  NginxFootprint footprint_;
  std::set<std::string> seen_;
};

}  // namespace

NginxFootprint footprint_of(const NginxAtHand& nginx, const std::optional<LoadTime>& loaded_at,
                            Time now) {
  NginxFootprint footprint;
  if (nginx.read) footprint = FootprintMaker(nginx.read->configuration, loaded_at, now).make();
  if (loaded_at) {
    const auto count = [](Time time) { return std::to_string(time.time_since_epoch().count()); };
    footprint.text += count(loaded_at->earliest) + ' ' +
                      (loaded_at->is_settled ? count(loaded_at->latest) : "changes") + '\n';
  }
  return footprint;
}

Result<NginxAtHand> read_nginx_whole(const NginxPlace& place) {
  for (int reading = 1;; ++reading) {
    const Time begun = wall_clock_now();
    auto nginx = read_nginx(place);
    if (!nginx || !nginx.value().read || nginx.value().is_dump || reading == kMostReadings)
      return nginx;
    if (footprint_of(nginx.value(), nginx.value().loaded_at, begun).newest_change <
        begun - kFileClock)
      return nginx;
  }
}

}  // namespace handshaked::diagnose
