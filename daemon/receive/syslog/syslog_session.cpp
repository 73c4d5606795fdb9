#include "receive/syslog/syslog_session.h"

#include <cstring>
#include <string>

#include "receive/syslog/syslog_framing.h"

namespace handshaked::receive {
namespace {

using boost::asio::awaitable;

class SyslogReader {
 public:
  SyslogReader(Connection connection, SyslogOptions options)
      : connection_(connection), options_(options), framing_(options.message_limit) {}

  awaitable<Result<>> run() {
    connection_.stream.expect_within(options_.idle);
    while (true) {
      const auto ready = co_await connection_.stream.wait_readable();
      // Silence is no fault.
      if (!ready)
        co_return partial_.empty() && ready.error().code() == ErrorCode::timeout
            ? Result<>(success())
            : Result<>(ready);
      const auto size = read();
      if (!size) co_return finish(size.error());
      if (size.value() == 0) continue;
      const auto accepted = co_await connection_.intake.hand_over();
      if (!accepted) co_return success();  // we are ending
    }
  }

 private:
  /// Reads what is there into the thread's buffer, behind what was left of the last time, and keeps
  /// what is left now.
  Result<std::size_t> read() {
    std::memcpy(connection_.scratch.data(), partial_.data(), partial_.size());
    TRY(const std::size_t size,
        connection_.stream.read_now(connection_.scratch.subspan(partial_.size())));
    if (size == 0) return size;
    connection_.counters.bytes += size;
    const std::span<char> bytes = connection_.scratch.first(partial_.size() + size);
    const auto take = [this](std::string_view lines) { connection_.intake.add_lines(lines); };
    const std::uint64_t cut_before = framing_.cut_messages();
    const std::uint64_t counted_before = framing_.counted_messages();
    const std::size_t used = framing_.consume(bytes, take);
    connection_.counters.cut_lines += framing_.cut_messages() - cut_before;
    connection_.counters.records += framing_.counted_messages() - counted_before;
    if (framing_.is_broken()) {
      ++connection_.counters.malformed;
      return fail(ErrorCode::invalid_input, "what follows its messages with octet counts has none");
    }
    const bool goes_on = used == 0 && !partial_.empty();
    partial_.assign(bytes.data() + used, bytes.size() - used);
    if (partial_.empty()) {
      std::string().swap(partial_);  // an idle connection holds nothing
      connection_.stream.expect_within(options_.idle);
    } else if (!goes_on) {
      connection_.stream.expect_within(options_.message);
    }
    return size;
  }

  Result<> finish(const Error& why) {
    if (!connection_.stream.is_ended()) return fail(why);
    const auto take = [this](std::string_view lines) { connection_.intake.add_lines(lines); };
    if (!framing_.finish(partial_, take)) {
      ++connection_.counters.malformed;
      return fail(ErrorCode::network, "it ended in the middle of a message");
    }
    return success();
  }

  Connection connection_;
  SyslogOptions options_;
  SyslogFraming framing_;
  std::string partial_;  ///< the beginning of a message
};

awaitable<Result<>> run_syslog(Connection connection, SyslogOptions options) {
  SyslogReader reader(connection, options);
  auto ended = co_await reader.run();
  const auto accepted = co_await connection.intake.hand_over();
  if (!accepted) co_return success();
  co_return ended;
}

}  // namespace

Session syslog_session(SyslogOptions options) {
  return [options](Connection connection) { return run_syslog(connection, options); };
}

}  // namespace handshaked::receive
