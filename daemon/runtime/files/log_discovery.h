#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>

#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "nginx/error_log_inventory.h"
#include "runtime/diagnosis/nginx_view.h"

namespace handshaked::runtime {

/// Something about a log that its reader should know. Told once for each `key`.
struct LogRemark {
  std::string key;
  std::string text;
  bool is_warning = false;
};
/// What cannot be followed, and what to do instead; levels that hide faults towards upstreams.
std::vector<LogRemark> remarks_on(const std::vector<nginx::NamedErrorLog>& logs);

/// Which logs nginx writes: every error_log of the configuration that it uses, and the log of its
/// start. Looks every few seconds whether that has changed (a reload, an nginx that was started or
/// installed), on a thread of its own; everything else is the loop thread's.
class LogDiscovery {
 public:
  /// `found`: all files to follow from now on, when they are others than before.
  using Found = std::function<void(const std::vector<std::string>& paths)>;

  LogDiscovery(boost::asio::any_io_executor loop, std::shared_ptr<NginxView> nginx, Found found);
  /// Waits for a look that is under way.
  ~LogDiscovery();

  /// The files of now. Waits until nginx's configuration is read. Before start().
  std::vector<std::string> first_look();
  /// Looks again from now on.
  void start();
  /// Nothing is found any more.
  void stop();

 private:
  /// Shared with the looks that are under way.
  struct Look {
    bool is_stopped = false;
  };

  void wait();
  void take(const NginxState& state);

  boost::asio::any_io_executor loop_;
  std::shared_ptr<NginxView> nginx_;
  Found found_;
  boost::asio::steady_timer timer_;
  boost::asio::thread_pool worker_{1};
  std::shared_ptr<Look> look_ = std::make_shared<Look>();
  std::shared_ptr<const NginxState> state_;  ///< of the last look
  std::vector<std::string> paths_;
  std::set<std::string> told_;
};

}  // namespace handshaked::runtime
