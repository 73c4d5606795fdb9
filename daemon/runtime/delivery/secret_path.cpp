#include "runtime/delivery/secret_path.h"

#include <unistd.h>

#include <cstdlib>
#include <string_view>

namespace handshaked::runtime {
namespace {

constexpr std::string_view kPrefix = "credential:";

const char* credentials_directory() {
  const char* const directory = std::getenv("CREDENTIALS_DIRECTORY");
  return directory != nullptr && *directory != '\0' ? directory : nullptr;
}

bool is_name(std::string_view name) { return !name.empty() && name.find('/') == std::string_view::npos; }

}  // namespace

Result<std::string> secret_path(const std::string& file) {
  if (!file.starts_with(kPrefix)) return file;
  const std::string name = file.substr(kPrefix.size());
  if (!is_name(name)) return fail(ErrorCode::invalid_configuration, "\"" + file + "\" names no credential");
  const char* const directory = credentials_directory();
  if (directory == nullptr)
    return fail(ErrorCode::invalid_configuration, "the credential " + name + " is missing: systemd handed over none (LoadCredential=)");
  return std::string(directory) + "/" + name;
}

bool is_out_of_reach(const std::string& file) {
  if (!file.starts_with(kPrefix) || !is_name(std::string_view(file).substr(kPrefix.size()))) return false;
  const char* const directory = credentials_directory();
  return directory == nullptr || access(directory, X_OK) != 0;
}

}  // namespace handshaked::runtime
