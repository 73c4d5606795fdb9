#pragma once

#include <string>

#include "base/result.h"

namespace handshaked::stages {

/// Where a secret is: the path as it stands, or for "credential:NAME" the place where systemd has put that credential
/// (systemd.exec(5), LoadCredential=). Fails with invalid_configuration when systemd has handed over none.
Result<std::string> secret_path(const std::string& file);

}  // namespace handshaked::stages
