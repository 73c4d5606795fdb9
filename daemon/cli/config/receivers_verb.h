#pragma once

#include <boost/asio/any_io_executor.hpp>

#include <functional>
#include <memory>
#include <string>

#include "base/result.h"
#include "config/receiver.h"
#include "emit/notifier.h"

namespace handshaked::cli {

struct ReceiversOptions {
  enum class Verb { list, test };
  Verb verb = Verb::list;
  std::string config_file;  ///< empty: the default one, if it exists
  std::string name;         ///< of `test`
  bool json = false;
};

/// Makes the notifier of a configured receiver, as the daemon does.
using NotifierFactory = std::function<Result<std::unique_ptr<emit::Notifier>>(
    boost::asio::any_io_executor, const config::Receiver&, const std::string& host)>;

/// `handshaked receivers list` names the receivers of a configuration. `receivers test NAME` sends
/// a sample event to one of them, and its end too where the receiver keeps a state (PagerDuty,
/// Alertmanager), and says what came back. It speaks to the receiver itself, not through the
/// daemon; a running daemon is told when that worked, and sends what waits. Exit codes: 0
/// delivered, 1 not delivered, 2 no such receiver, 78 bad configuration.
int run_receivers(const ReceiversOptions& options, const NotifierFactory& make_notifier);

}  // namespace handshaked::cli
