#include "runtime/delivery/secret_path.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <string_view>

namespace handshaked::runtime {
namespace {

constexpr std::string_view kPrefix = "credential:";
constexpr std::size_t kSecretLimit = 16 * 1024;

const char* credentials_directory() {
  const char* const directory = std::getenv("CREDENTIALS_DIRECTORY");
  return directory != nullptr && *directory != '\0' ? directory : nullptr;
}

bool is_name(std::string_view name) {
  return !name.empty() && name.find('/') == std::string_view::npos;
}

}  // namespace

Result<std::string> secret_path(const std::string& file) {
  if (!file.starts_with(kPrefix)) return file;
  const std::string name = file.substr(kPrefix.size());
  if (!is_name(name))
    return fail(ErrorCode::invalid_configuration, "\"" + file + "\" names no credential");
  const char* const directory = credentials_directory();
  if (directory == nullptr)
    return fail(ErrorCode::invalid_configuration,
                "the credential " + name + " is missing: systemd provided none (LoadCredential=)");
  return std::string(directory) + "/" + name;
}

bool is_out_of_reach(const std::string& file) {
  if (!file.starts_with(kPrefix) || !is_name(std::string_view(file).substr(kPrefix.size())))
    return false;
  const char* const directory = credentials_directory();
  return directory == nullptr || access(directory, X_OK) != 0;
}

Result<std::string> read_limited(const std::string& path, std::size_t limit) {
  std::ifstream stream(path, std::ios::binary);
  if (!stream) return fail(error_from_errno(errno, "cannot read " + path));
  std::string text(limit + 1, '\0');
  stream.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(stream.gcount()));
  if (stream.bad() || (text.empty() && !stream.eof()))
    return fail(ErrorCode::io, "cannot read " + path);
  if (text.size() > limit)
    return fail(ErrorCode::invalid_configuration,
                path + " is larger than " + std::to_string(limit) + " bytes");
  return text;
}

Result<std::string> read_secret(const std::string& file) {
  TRY(const std::string path, secret_path(file));
  auto text = read_limited(path, kSecretLimit);
  if (!text) return text.error().wrapped("the secret file " + file);
  std::string secret = text.value().substr(0, text.value().find('\n'));
  const auto begin = secret.find_first_not_of(" \t\r");
  if (begin == std::string::npos)
    return fail(ErrorCode::invalid_configuration, "the secret file " + file + " is empty");
  secret = secret.substr(begin, secret.find_last_not_of(" \t\r") - begin + 1);
  const bool is_text = std::none_of(secret.begin(), secret.end(),
                                    [](char letter) { return letter > 0 && letter < ' '; });
  if (!is_text)
    return fail(ErrorCode::invalid_configuration,
                "the secret file " + file + " holds control characters");
  return secret;
}

}  // namespace handshaked::runtime
