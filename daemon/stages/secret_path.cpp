#include "stages/secret_path.h"

#include <cstdlib>
#include <string_view>

namespace handshaked::stages {
namespace {

constexpr std::string_view kPrefix = "credential:";

}  // namespace

Result<std::string> secret_path(const std::string& file) {
  if (!file.starts_with(kPrefix)) return file;
  const std::string name = file.substr(kPrefix.size());
  if (name.empty() || name.find('/') != std::string::npos)
    return fail(ErrorCode::invalid_configuration, "\"" + file + "\" names no credential");
  const char* const directory = std::getenv("CREDENTIALS_DIRECTORY");
  if (directory == nullptr || *directory == '\0')
    return fail(ErrorCode::invalid_configuration, "there is no credential " + name + ": systemd has handed over none (LoadCredential=)");
  return std::string(directory) + "/" + name;
}

}  // namespace handshaked::stages
