#include "base/error.h"

#include <cerrno>
#include <system_error>

namespace handshaked {

std::string_view to_string(ErrorCode code) {
  switch (code) {
    case ErrorCode::io: return "input/output";
    case ErrorCode::not_found: return "not found";
    case ErrorCode::permission_denied: return "permission denied";
    case ErrorCode::invalid_configuration: return "invalid configuration";
    case ErrorCode::invalid_rule: return "invalid rule";
    case ErrorCode::invalid_input: return "invalid input";
    case ErrorCode::database: return "database";
    case ErrorCode::network: return "network";
    case ErrorCode::timeout: return "timeout";
    case ErrorCode::limit_exceeded: return "limit exceeded";
    case ErrorCode::cancelled: return "cancelled";
  }
  return "unknown";
}

Error Error::wrapped(std::string context) const {
  Error outer(code_, std::move(context));
  outer.cause_ = std::make_shared<const Error>(*this);
  return outer;
}

std::string Error::message() const {
  return cause_ ? context_ + ": " + cause_->message() : context_;
}

Error error_from_errno(int number, std::string context) {
  const ErrorCode code = number == ENOENT || number == ENOTDIR ? ErrorCode::not_found
                         : number == EACCES || number == EPERM ? ErrorCode::permission_denied
                                                               : ErrorCode::io;
  return Error(code, std::move(context) + ": " + std::generic_category().message(number));
}

}  // namespace handshaked
