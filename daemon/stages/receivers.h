#pragma once

#include <boost/asio/any_io_executor.hpp>

#include <memory>
#include <string>

#include "base/result.h"
#include "config/config.h"
#include "emit/sink.h"

namespace handshaked::stages {

/// The sink that a receiver's configuration describes. Reads its secrets; fails with invalid_configuration, in words without
/// any secret. Opens no connection.
Result<std::unique_ptr<emit::Sink>> make_sink(boost::asio::any_io_executor executor, const config::Receiver& receiver,
                                              const std::string& host);

}  // namespace handshaked::stages
