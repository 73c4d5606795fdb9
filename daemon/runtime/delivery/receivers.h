#pragma once

#include <boost/asio/any_io_executor.hpp>

#include <memory>
#include <string>

#include "base/result.h"
#include "config/config.h"
#include "emit/delivery_worker.h"
#include "emit/edge_notifier.h"
#include "emit/notifier.h"

namespace handshaked::runtime {

/// The notifier that a receiver's configuration describes. Reads its secrets and its template;
/// fails with invalid_configuration, in words without any secret. Opens no connection. `describe`:
/// for a central daemon; empty where nothing is sent.
Result<std::unique_ptr<emit::Notifier>> make_notifier(boost::asio::any_io_executor executor,
                                                      const config::Receiver& receiver,
                                                      const std::string& host,
                                                      emit::DescribeEdge describe = {});

/// The same for one event by hand: a central daemon hears which host it comes from, and nothing
/// else of it.
Result<std::unique_ptr<emit::Notifier>> make_trial_notifier(boost::asio::any_io_executor executor,
                                                            const config::Receiver& receiver,
                                                            const std::string& host);

/// How its deliveries are to be made: concurrency, rate limit and digest, fallback.
emit::DeliveryWorkerOptions delivery_options(const config::Receiver& receiver);

/// How many sends, and connections, at once.
std::size_t receiver_concurrency(const config::Receiver& receiver);

/// Whether the daemon could start with it: what `check` says of a receiver. Secrets that are out of
/// reach (secret_path.h) are taken for good: whoever checks by hand, or before a reload, does not
/// see them.
Result<> check_receiver(const config::Receiver& receiver);

}  // namespace handshaked::runtime
