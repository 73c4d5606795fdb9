#pragma once

#include <boost/asio/any_io_executor.hpp>

#include <optional>
#include <string>

#include "base/language.h"
#include "base/result.h"
#include "config/web.h"
#include "web/site.h"
#include "web/web_server.h"

namespace handshaked::web {

/// The site behind its server, as [web] of the configuration wants it. Loop thread only.
class WebFront {
 public:
  /// `operators`: the group that [control] names.
  WebFront(boost::asio::any_io_executor loop, const config::Web& web, const std::string& operators,
           const std::string& host, Language language, Site::Daemon daemon);

  /// Listens, if it is to. Says in our log where, and what others can see. Fails only for an
  /// address that the configuration names: the default may be taken, and the daemon does all that
  /// it is for without.
  Result<> open();
  void stop();
  /// What the page shows is another now.
  void note_change() { feed_->note_change(); }

 private:
  std::string shown() const;

  boost::asio::any_io_executor loop_;
  config::Web web_;
  WebServerOptions options_;
  std::shared_ptr<EventFeed> feed_;
  Site site_;
  std::optional<WebServer> server_;
};

}  // namespace handshaked::web
