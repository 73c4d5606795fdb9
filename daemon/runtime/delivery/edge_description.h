#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "config/sources.h"
#include "runtime/diagnosis/nginx_view.h"
#include "store/database/store_thread.h"

namespace handshaked::runtime {

/// What a central daemon is told of this host: its name, our version, its labels; which nginx and
/// OpenSSL run here, when nginx loaded its configuration, the SHA-256 of the files that say whom to
/// trust; and what waits in the outbox. Loop thread only; reading is done on a thread of its own,
/// that exists only where somebody asks.
class EdgeDescription {
 public:
  EdgeDescription(boost::asio::io_context& loop, store::StoreThread& store,
                  std::shared_ptr<NginxView> nginx, std::string host, config::Labels labels)
      : loop_(loop),
        store_(store),
        nginx_(std::move(nginx)),
        host_(std::move(host)),
        labels_(std::move(labels)) {}

  /// For emit::DescribeEdge. What waits is that of the last time that it was looked `anew`: nobody
  /// waits for the database.
  boost::asio::awaitable<std::string> tell(std::string receiver, bool anew);

 private:
  struct Waiting {
    std::int64_t events = 0;
    std::int64_t lag_seconds = 0;
  };
  void ask_what_waits();

  boost::asio::io_context& loop_;
  store::StoreThread& store_;
  std::shared_ptr<NginxView> nginx_;
  std::string host_;
  config::Labels labels_;
  std::string facts_;  ///< a JSON object; empty: not looked up yet
  std::map<std::string, Waiting, std::less<>> waiting_;  ///< by receiver
  std::optional<boost::asio::thread_pool> reader_;
};

}  // namespace handshaked::runtime
