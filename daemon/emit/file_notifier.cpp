#include "emit/file_notifier.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

#include <boost/asio/async_result.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace handshaked::emit {

namespace asio = boost::asio;
using asio::awaitable;

/// What happens on the thread of its own.
class FileNotifier::Appender {
 public:
  explicit Appender(std::string path) : path_(std::move(path)) {}
  ~Appender() {
    thread_.join();
    if (descriptor_ >= 0) ::close(descriptor_);
  }

  asio::thread_pool& thread() { return thread_; }

  Result<> append(const std::string& line) {
    TRY(open());
    const off_t end = ::lseek(descriptor_, 0, SEEK_END);
    std::string_view rest = line;
    while (!rest.empty()) {
      const ssize_t written = ::write(descriptor_, rest.data(), rest.size());
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) return undo(end, errno, "cannot write to ");
      rest.remove_prefix(static_cast<std::size_t>(written));
    }
    if (::fdatasync(descriptor_) != 0 && errno != EINVAL && errno != EROFS)
      return undo(end, errno, "cannot sync ");
    return success();
  }

 private:
  /// Opens the file if it is not open, or if its name leads elsewhere by now.
  Result<> open() {
    struct stat by_name {};
    struct stat by_descriptor {};
    const bool is_same = descriptor_ >= 0 && ::stat(path_.c_str(), &by_name) == 0 &&
                         ::fstat(descriptor_, &by_descriptor) == 0 &&
                         by_name.st_ino == by_descriptor.st_ino &&
                         by_name.st_dev == by_descriptor.st_dev;
    if (is_same) return success();
    if (descriptor_ >= 0) ::close(descriptor_);
    descriptor_ = ::open(path_.c_str(),
                         O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0640);
    if (descriptor_ < 0) return fail(error_from_errno(errno, "cannot open " + path_));
    return success();
  }

  /// A line that did not get there whole is taken back: it will come again. (In a pipe or a device
  /// nothing can be taken back.)
  Result<> undo(off_t end, int reason, const char* what) {
    if (end >= 0 && ::ftruncate(descriptor_, end) != 0) {
      ::close(descriptor_);
      descriptor_ = -1;
    }
    return fail(error_from_errno(reason, what + path_));
  }

  std::string path_;
  int descriptor_ = -1;
  asio::thread_pool thread_{1};
};

Result<std::unique_ptr<FileNotifier>> FileNotifier::create(asio::any_io_executor executor,
                                                           std::string name, std::string path) {
  std::error_code error;
  if (std::filesystem::is_directory(path, error))
    return fail(ErrorCode::invalid_configuration,
                "receiver \"" + name + "\": " + path + " is a directory");
  return std::unique_ptr<FileNotifier>(
      new FileNotifier(std::move(executor), std::move(name), std::move(path)));
}

FileNotifier::FileNotifier(asio::any_io_executor executor, std::string name, std::string path)
    : executor_(std::move(executor)),
      name_(std::move(name)),
      appender_(std::make_unique<Appender>(std::move(path))) {}

FileNotifier::~FileNotifier() = default;

void FileNotifier::close() {}  // a write under way ends by itself

awaitable<DeliveryOutcome> FileNotifier::send(const event::RemediationEvent& event) {
  auto initiate = [this, line = event.body + "\n"](auto handler) {
    auto shared = std::make_shared<decltype(handler)>(std::move(handler));
    auto work = asio::make_work_guard(executor_);
    asio::post(appender_->thread(), [this, shared, work, line] {
      auto written = std::make_shared<Result<>>(appender_->append(line));
      asio::post(work.get_executor(), [shared, written] { (*shared)(std::move(*written)); });
    });
  };
  const Result<> written =
      co_await asio::async_initiate<const asio::use_awaitable_t<>&, void(Result<>)>(
          initiate, asio::use_awaitable);
  DeliveryOutcome outcome;
  if (written) outcome.kind = DeliveryOutcome::Kind::delivered;
  else outcome.reason = written.error().message();
  co_return outcome;
}

}  // namespace handshaked::emit
