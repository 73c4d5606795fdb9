#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace handshaked {

/// What kind of failure happened: what callers branch on. The words for people are in
/// Error::context.
enum class ErrorCode {
  io,                     ///< the operating system refused: read, write, open, socket
  not_found,              ///< a file, a row, a name is not there (yet)
  permission_denied,      ///< it is there, but not for us
  invalid_configuration,  ///< handshaked's own TOML
  invalid_rule,           ///< a file of the knowledge base
  invalid_input,          ///< bytes from outside that break their format
  database,               ///< SQLite: locked, full, corrupt
  network,                ///< a peer refused, closed, reset
  timeout,                ///< a deadline of ours passed
  limit_exceeded,         ///< a bound of ours on size, count or depth
  cancelled,              ///< shutting down
};

/// The name as it is printed: "invalid_rule" is "invalid rule".
std::string_view to_string(ErrorCode code);

/// One failure, with the failure that led to it. A value; safe to copy between threads.
/// Never holds a secret: no token, no full URL of a receiver.
class Error {
 public:
  Error(ErrorCode code, std::string context) : code_(code), context_(std::move(context)) {}

  ErrorCode code() const { return code_; }
  const std::string& context() const { return context_; }

  /// The same failure seen from further up: `context` says what was being tried.
  Error wrapped(std::string context) const;

  /// "could not open the database: /var/lib/x: No space left on device".
  std::string message() const;

 private:
  ErrorCode code_;
  std::string context_;
  std::shared_ptr<const Error> cause_;
};

/// An Error from errno: "<context>: <strerror>", with not_found and permission_denied told apart.
Error error_from_errno(int number, std::string context);

}  // namespace handshaked
