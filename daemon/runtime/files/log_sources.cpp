#include "runtime/files/log_sources.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <boost/asio/bind_executor.hpp>
#include <boost/asio/post.hpp>

#include <algorithm>
#include <filesystem>
#include <optional>

#include "telemetry/log.h"

namespace handshaked::runtime {
namespace {

namespace asio = boost::asio;

/// Every log is looked at this often even without a wake-up, for what inotify cannot tell.
constexpr auto kPollInterval = std::chrono::seconds(1);
constexpr int kPollsBetweenFullLooks = 5;
constexpr std::size_t kMostLogs = 2048;  // from where on discovered ones are left out

std::string real_path(const std::string& path) {
  std::error_code failure;
  const std::filesystem::path real = std::filesystem::weakly_canonical(path, failure);
  return failure ? path : real.string();
}

/// Not there counts as younger: it will be. Without times of birth, which some file systems lack,
/// nothing that is there does.
bool is_younger(const std::string& path, Time than) {
  struct statx status {};
  if (::statx(AT_FDCWD, path.c_str(), 0, STATX_BTIME, &status) != 0) return true;
  const Time born(std::chrono::seconds(status.stx_btime.tv_sec) +
                  std::chrono::microseconds(status.stx_btime.tv_nsec / 1000));
  return (status.stx_mask & STATX_BTIME) != 0 && born >= than;
}

/// What came into the live file since it was last read: a reader that waits for the store does not
/// know of it.
std::uint64_t grown_since(const LogCounters& counters, const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) return 0;
  const auto size = static_cast<std::uint64_t>(status.st_size);
  const bool is_same =
      counters.seen_inode == status.st_ino && counters.seen_device == status.st_dev;
  if (!is_same) return counters.state == LogCounters::State::open ? size : 0;
  return size - std::min<std::uint64_t>(size, counters.seen_size);
}

telemetry::SourceMetrics figures_of(const std::string& path, const LogCounters& counters,
                                    Time now) {
  const auto time_of = [](std::int64_t microseconds) {
    return microseconds == 0 ? std::nullopt
                             : std::optional(Time(std::chrono::microseconds(microseconds)));
  };
  telemetry::SourceMetrics figures{.kind = "files",
                                   .name = path,
                                   .last_line_at = time_of(counters.last_line_at),
                                   .lag_bytes = 0,
                                   .listener = {},
                                   .engine = {}};
  figures.state = static_cast<telemetry::SourceMetrics::State>(counters.state.load());
  figures.bytes = counters.bytes;
  figures.lines = counters.lines;
  figures.candidates = counters.candidates;
  figures.matched = counters.matched;
  figures.untrusted = counters.untrusted;
  figures.position = counters.position;
  figures.lag_bytes = counters.unread_bytes + grown_since(counters, path);
  const auto caught_up_at = time_of(counters.caught_up_at);
  if (*figures.lag_bytes > 0 && caught_up_at && now > *caught_up_at)
    figures.lag_seconds = std::chrono::duration<double>(now - *caught_up_at).count();
  return figures;
}

}  // namespace

LogSources::LogSources(asio::io_context& loop, asio::thread_pool& readers,
                       BoundedQueue<ReadBatch>& out, std::shared_ptr<const match::RuleSet> rules)
    : loop_(loop),
      readers_(readers),
      out_(out),
      rules_(std::move(rules)),
      changes_(loop),
      poll_(loop) {}

Result<> LogSources::follow(const config::FileSource& source, bool from_start,
                            const FindCursor& find_cursor,
                            const std::vector<std::string>& discovered) {
  TRY(const auto zone, parse::TimeZone::named(source.time_zone));
  find_cursor_ = find_cursor;
  groups_.push_back({.source = source,
                     .glob = ingest::PathGlob(source.paths),
                     .from_start = from_start,
                     .zone = zone,
                     .discovered = discovered});
  Group& group = groups_.back();
  expand(group);
  group.first_look = false;
  for (const std::string& directory : group.glob.directories()) watch_.watch_directory(directory);
  return success();
}

void LogSources::expand(Group& group) {
  ingest::PathGlob::Expansion expansion = group.glob.expand();
  if (group.first_look) {
    for (const std::string& problem : expansion.problems) telemetry::log_warning(problem);
    if (expansion.paths.empty() && group.discovered.empty() && !group.source.paths.empty())
      telemetry::log_info("no log matches " + group.source.paths.front() + " yet; waiting for one");
  }
  std::optional<std::set<std::string>> real;  // asked for only where something is new
  for (const std::string& path : expansion.paths) {
    if (followed_.contains(path) || other_names_.contains(path)) continue;
    if (group.source.discover) {
      if (!real) real = real_paths();
      if (!real->insert(real_path(path)).second) {
        other_names_.insert(path);
        continue;
      }
    }
    add(path, group, Beginning::as_found);
  }
  if (group.first_look) add_discovered(group);
}

/// A log may be named by its own path and found through a link to its directory: it is followed
/// once.
std::set<std::string> LogSources::real_paths() const {
  std::set<std::string> real;
  for (const auto& [path, followed] : followed_) real.insert(real_path(path));
  return real;
}

void LogSources::add_discovered(Group& group) {
  std::set<std::string> real = real_paths();
  for (const std::string& path : group.discovered) {
    if (followed_.contains(path) || !real.insert(real_path(path)).second) continue;
    if (followed_.size() >= kMostLogs) {
      telemetry::log_warning("more than " + std::to_string(kMostLogs) + " logs are followed; " +
                             path + " is not");
      return;
    }
    add(path, group,
        group.first_look || is_younger(path, began_) ? Beginning::as_found : Beginning::at_end);
  }
}

void LogSources::use_discovered(const std::vector<std::string>& paths) {
  for (Group& group : groups_) {
    if (!group.source.discover) continue;
    for (const std::string& path : group.discovered) {
      if (std::find(paths.begin(), paths.end(), path) == paths.end())
        group.dropped.drop(path, std::chrono::steady_clock::now());
    }
    group.discovered = paths;
    for (const std::string& path : paths) group.dropped.keep(path);
    add_discovered(group);
  }
}

void LogSources::let_go(Group& group) {
  if (group.dropped.empty()) return;
  const std::vector<std::string> due =
      group.dropped.take_due(std::chrono::steady_clock::now(), wall_clock_now());
  if (due.empty()) return;
  const std::vector<std::string> caught = group.glob.expand().paths;
  std::set<std::string> written;  // also under other names
  for (const std::string& path : caught) written.insert(real_path(path));
  for (const std::string& path : group.discovered) written.insert(real_path(path));
  for (const std::string& path : due) {
    if (!followed_.contains(path) || std::find(caught.begin(), caught.end(), path) != caught.end())
      continue;
    if (written.contains(real_path(path))) {
      group.dropped.drop(path, std::chrono::steady_clock::now());
      continue;
    }
    telemetry::log_info(
        "no longer followed, since nginx's configuration does not name it any more: " + path);
    watch_.unwatch(path);
    followed_.erase(path);
    other_names_.clear();
  }
}

void LogSources::add(const std::string& path, Group& group, Beginning beginning) {
  std::optional<ingest::ReadPosition> saved;
  if (const auto cursor = find_cursor_(path)) {
    auto position = ingest::parse_read_position(*cursor);
    if (position) saved = std::move(position).value();
    else
      telemetry::log_warning(
          "the saved position of " + path + " cannot be read: " + position.error().message(),
          {.source = path});
  }
  // What appears while we run is new from its first byte on.
  const bool from_start =
      group.from_start || (!group.first_look && beginning == Beginning::as_found);
  const bool starts_live = saved.has_value() || !group.first_look;
  auto follower =
      std::make_unique<LogFollower>(path, ingest::LogTailOptions{.from_start = from_start},
                                    std::move(saved), group.zone, rules_, starts_live);
  auto followed =
      std::make_shared<Followed>(std::move(follower), asio::make_strand(readers_.get_executor()));
  followed_.emplace(path, followed);
  if (const auto why_polled = watch_.watch(path))
    telemetry::log_info(path + " is polled: " + *why_polled, {.source = path});
  if (!group.first_look) wake(followed);
}

void LogSources::start(std::function<void()> looked_at_all) {
  looked_at_all_ = std::move(looked_at_all);
  first_steps_ = followed_.size();
  if (first_steps_ == 0) asio::post(loop_, looked_at_all_);
  for (const auto& [path, followed] : followed_) {
    asio::post(asio::bind_executor(followed->strand, [this, followed = followed] {
      step(followed);
      asio::post(loop_, [this] { note_first_step(); });
    }));
  }
  if (watch_.descriptor() >= 0) {
    changes_.assign(watch_.descriptor());
    wait_for_changes();
  }
  wait_for_poll();
}

void LogSources::note_first_step() {
  if (--first_steps_ == 0) looked_at_all_();
}

void LogSources::wake(const std::shared_ptr<Followed>& followed) {
  if (followed->scheduled.exchange(true)) return;
  asio::post(asio::bind_executor(followed->strand, [this, followed] { step(followed); }));
}

void LogSources::step(const std::shared_ptr<Followed>& followed) {
  followed->scheduled = false;  // a change from here on is a change that this step may miss
  if (stopping_) return;
  bool more = false;
  if (auto batch = followed->follower->step(wall_clock_now(), more)) out_.push(std::move(*batch));
  if (more) wake(followed);
}

void LogSources::wait_for_changes() {
  changes_.async_wait(asio::posix::stream_descriptor::wait_read,
                      [this](boost::system::error_code error) {
                        if (error || stopping_) return;
                        bool names_changed = false;
                        for (const std::string& path : watch_.read_changes()) {
                          if (const auto it = followed_.find(path); it != followed_.end())
                            wake(it->second);
                          else names_changed = true;
                        }
                        if (names_changed) {
                          for (Group& group : groups_) expand(group);
                        }
                        wait_for_changes();
                      });
}

void LogSources::wait_for_poll() {
  poll_.expires_after(kPollInterval);
  poll_.async_wait([this](boost::system::error_code error) {
    if (error || stopping_) return;
    const bool full_look = ++polls_ % kPollsBetweenFullLooks == 0;
    if (full_look) {
      for (Group& group : groups_) {
        expand(group);
        let_go(group);
      }
    }
    for (const auto& [path, followed] : followed_) {
      if (full_look || watch_.descriptor() < 0 || watch_.polled().contains(path)) wake(followed);
    }
    wait_for_poll();
  });
}

void LogSources::add_figures(std::vector<telemetry::SourceMetrics>& into, Time now) const {
  for (const auto& [path, followed] : followed_)
    into.push_back(figures_of(path, followed->follower->counters(), now));
}

void LogSources::use_rules(std::shared_ptr<const match::RuleSet> rules) {
  rules_ = rules;
  for (const auto& [path, followed] : followed_) {
    asio::post(asio::bind_executor(
        followed->strand, [followed = followed, rules] { followed->follower->use_rules(rules); }));
  }
}

void LogSources::stop() {
  stopping_ = true;
  poll_.cancel();
  if (changes_.is_open()) changes_.release();  // the watch owns the descriptor
}

}  // namespace handshaked::runtime
