#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

namespace handshaked {

/// A line of nginx's error log that a shipper has taken apart into the fields of a structured
/// record: Fluent Bit's and Fluentd's usual parsers (time, log_level, pid, tid, message), Vector's
/// parse_nginx_log, Elastic's module (log.level, process.pid, nginx.error.connection_id), Google's
/// agents (jsonPayload.level, …). Members are offered by their path; line() puts the line together
/// again, as nginx would have written it.
///
/// Field names are the shipper's, so what it says is nginx's as far as the sender is trusted. A
/// record counts as taken apart only when it has what no other program's record has together: one
/// of nginx's levels, a process, and a thread or a connection.
class SplitRecord {
 public:
  /// What is asked for.
  enum class Field : std::size_t {
    time,
    level,
    pid,
    tid,
    connection,
    client,
    server,
    request,
    subrequest,
    upstream,
    host,
    referrer,
    count
  };

  /// Before each record.
  void clear();
  /// A string or a number of the record.
  void offer(std::string_view path, std::string_view value);
  /// Could something inside the object at `path` be asked for?
  static bool wants_inside(std::string_view path);

  /// Has everything been offered that makes a header?
  bool has_header() const;
  /// Does the record hold the fields of a request? Then its `host` is the request's, and not the
  /// sender's.
  bool has_context() const { return !at(Field::client).empty() || !at(Field::request).empty(); }
  /// The line, for the message that the record holds. `time` stands in where no field has one; both
  /// may be empty.
  std::string line(std::string_view message, std::string_view time) const;

 private:
  static constexpr std::size_t kNoRank = 100;
  struct Value {
    std::string text;
    std::size_t rank = kNoRank;
  };
  const std::string& at(Field field) const { return values_[static_cast<std::size_t>(field)].text; }
  void append_context(std::string& out) const;

  std::array<Value, static_cast<std::size_t>(Field::count)> values_;
};

}  // namespace handshaked
