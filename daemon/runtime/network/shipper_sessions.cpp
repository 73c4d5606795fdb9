#include "runtime/network/shipper_sessions.h"

#include <cerrno>
#include <fstream>
#include <sstream>
#include <string_view>

#include "receive/shippers/forward_session.h"
#include "receive/shippers/lumberjack_session.h"
#include "runtime/delivery/secret_path.h"

namespace handshaked::runtime {
namespace {

constexpr std::size_t kMaxSecretFile = 64 * 1024;

std::string_view trimmed(std::string_view text) {
  const auto begin = text.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\r\n") - begin + 1);
}

Result<std::string> read_secret_file(const std::string& file) {
  TRY(const std::string path, secret_path(file));
  errno = 0;
  std::ifstream stream(path, std::ios::binary);
  if (!stream) return fail(error_from_errno(errno, path));
  std::string text(kMaxSecretFile, '\0');
  stream.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(stream.gcount()));
  if (trimmed(text).empty()) return fail(ErrorCode::invalid_configuration, path + " is empty");
  return text;
}

Result<std::vector<receive::ForwardSecrets::User>> read_users(const std::string& path) {
  TRY(const std::string text, read_secret_file(path));
  std::vector<receive::ForwardSecrets::User> users;
  std::istringstream lines(text);
  std::size_t number = 0;
  for (std::string line; std::getline(lines, line);) {
    ++number;
    const std::string_view entry = trimmed(line);
    if (entry.empty() || entry.starts_with('#')) continue;
    const auto colon = entry.find(':');
    if (colon == 0 || colon == std::string_view::npos || colon + 1 == entry.size()) {
      return fail(ErrorCode::invalid_configuration,
                  path + ":" + std::to_string(number) + ": must be NAME:PASSWORD");
    }
    users.push_back({.name = std::string(entry.substr(0, colon)),
                     .password = std::string(entry.substr(colon + 1))});
  }
  if (users.empty()) return fail(ErrorCode::invalid_configuration, path + " names no user");
  return users;
}

}  // namespace

Result<receive::Session> make_forward_session(const config::ForwardSource& source,
                                              const std::string& host) {
  receive::ForwardOptions options;
  options.host = host;
  options.fields = source.fields;
  options.limits.max_record_bytes = source.max_record;
  options.idle = source.idle_timeout;
  if (!source.shared_key_file.empty()) {
    TRY(const std::string key, read_secret_file(source.shared_key_file));
    options.secrets.shared_key = std::string(trimmed(key));
  }
  if (!source.users_file.empty()) {
    TRY(options.secrets.users, read_users(source.users_file));
  }
  return receive::forward_session(std::move(options));
}

Result<receive::Session> make_lumberjack_session(const config::LumberjackSource& source) {
  receive::LumberjackOptions options;
  options.fields = source.fields;
  options.limits.max_event_bytes = source.max_record;
  options.idle = source.idle_timeout;
  return receive::lumberjack_session(std::move(options));
}

}  // namespace handshaked::runtime
