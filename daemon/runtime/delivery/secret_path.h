#pragma once

#include <string>

#include "base/result.h"

namespace handshaked::runtime {

/// Where a secret is: the path as it stands, or for "credential:NAME" the place where systemd has put that credential
/// (systemd.exec(5), LoadCredential=). Fails with invalid_configuration when systemd has handed over none.
Result<std::string> secret_path(const std::string& file);

/// It is a credential, and this process was handed none: it is not the service, whose credentials nobody else sees. systemd
/// 252 hides them from ExecReload= too: it names their directory, and nobody may enter it.
bool is_out_of_reach(const std::string& file);

}  // namespace handshaked::runtime
