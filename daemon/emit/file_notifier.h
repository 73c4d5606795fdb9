#pragma once

#include <memory>
#include <string>

#include <boost/asio/any_io_executor.hpp>

#include "base/result.h"
#include "emit/notifier.h"

namespace handshaked::emit {

/// Appends events to a file, a line of JSON each (the CloudEvent). A file that was renamed or
/// removed (logrotate) is made anew at the next event; no signal is needed. "Delivered" means that
/// fdatasync succeeded. The disk is waited for on a thread of its own.
class FileNotifier final : public Notifier {
 public:
  /// Fails with invalid_configuration where the path can never be a file. Opens nothing.
  static Result<std::unique_ptr<FileNotifier>> create(boost::asio::any_io_executor executor,
                                                      std::string name, std::string path);
  ~FileNotifier() override;

  std::string_view name() const override { return name_; }
  boost::asio::awaitable<DeliveryOutcome> send(const event::RemediationEvent& event) override;
  void close() override;
  std::size_t useful_concurrency() const override { return 1; }

 private:
  class Appender;
  FileNotifier(boost::asio::any_io_executor executor, std::string name, std::string path);

  boost::asio::any_io_executor executor_;
  std::string name_;
  std::unique_ptr<Appender> appender_;
};

}  // namespace handshaked::emit
