#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/bounded_queue.h"
#include "base/clock.h"
#include "config/config.h"
#include "ingest/file_watch.h"
#include "ingest/path_glob.h"
#include "runtime/files/dropped_logs.h"
#include "runtime/files/log_follower.h"
#include "telemetry/metrics.h"

namespace handshaked::runtime {

/// All followed logs: finds them, wakes their readers, and puts what they read into a queue. Its
/// own members are used from the loop thread only; each log is stepped on a strand of the reader
/// pool.
class LogSources {
 public:
  using FindCursor = std::function<std::optional<std::string>(const std::string& source)>;

  LogSources(boost::asio::io_context& loop, boost::asio::thread_pool& readers,
             BoundedQueue<ReadBatch>& out, std::shared_ptr<const match::RuleSet> rules);

  /// Begins to follow what `source` names, and the `discovered` logs beside; `find_cursor` tells
  /// where each log was left. `from_start` as in the configuration, or asked for on the command
  /// line.
  Result<> follow(const config::FileSource& source, bool from_start, const FindCursor& find_cursor,
                  const std::vector<std::string>& discovered = {});

  /// From now on these are the discovered logs of the sources that discover. What is new is read
  /// from its beginning if it was made since we began, else from its end: it holds what is long
  /// over. What is named no more is followed on as DroppedLogs says.
  void use_discovered(const std::vector<std::string>& paths);

  /// Steps every log once and waits for wake-ups from then on. `caught_up_once` is called on the
  /// loop thread when each log has been looked at: opened, or reported as waited for.
  void start(std::function<void()> looked_at_all);

  void use_rules(std::shared_ptr<const match::RuleSet> rules);

  /// No log is stepped any more once the reader pool is joined.
  void stop();

  std::size_t count() const { return followed_.size(); }
  /// How each log is, by path. Looks at the files: how much has come since they were last read.
  void add_figures(std::vector<telemetry::SourceMetrics>& into, Time now) const;

 private:
  struct Followed {
    Followed(std::unique_ptr<LogFollower> log,
             boost::asio::strand<boost::asio::thread_pool::executor_type> its_strand)
        : follower(std::move(log)), strand(std::move(its_strand)) {}
    std::unique_ptr<LogFollower> follower;
    boost::asio::strand<boost::asio::thread_pool::executor_type> strand;
    std::atomic<bool> scheduled = false;  ///< a step is on its way: more wake-ups say nothing new
  };
  struct Group {
    config::FileSource source;
    ingest::PathGlob glob;
    bool from_start;
    bool first_look = true;
    parse::TimeZone zone;
    std::vector<std::string> discovered = {};
    DroppedLogs dropped = {};
  };
  enum class Beginning { as_found, at_end };

  void expand(Group& group);
  void add(const std::string& path, Group& group, Beginning beginning);
  void add_discovered(Group& group);
  void let_go(Group& group);
  std::set<std::string> real_paths() const;
  void wake(const std::shared_ptr<Followed>& followed);
  void step(const std::shared_ptr<Followed>& followed);
  void wait_for_changes();
  void wait_for_poll();
  void note_first_step();

  boost::asio::io_context& loop_;
  boost::asio::thread_pool& readers_;
  BoundedQueue<ReadBatch>& out_;
  std::shared_ptr<const match::RuleSet> rules_;
  FindCursor find_cursor_;
  const Time began_ = wall_clock_now();
  std::set<std::string> other_names_;  ///< of logs that are followed by another path
  std::vector<Group> groups_;
  std::map<std::string, std::shared_ptr<Followed>> followed_;
  ingest::FileWatch watch_;
  boost::asio::posix::stream_descriptor changes_;
  boost::asio::steady_timer poll_;
  int polls_ = 0;
  std::function<void()> looked_at_all_;
  std::size_t first_steps_ = 0;
  std::atomic<bool> stopping_ = false;
};

}  // namespace handshaked::runtime
