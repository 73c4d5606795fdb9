#pragma once

#include <cstddef>
#include <string>

#include "base/result.h"

namespace handshaked::runtime {

/// Where a secret is: the path as it stands, or for "credential:NAME" the place where systemd has
/// put that credential (systemd.exec(5), LoadCredential=). Fails with invalid_configuration when
/// systemd has handed over none.
Result<std::string> secret_path(const std::string& file);

/// It is a credential, and this process was handed none: it is not the service, whose credentials
/// nobody else sees. systemd 252 hides them from ExecReload= too: it names their directory, and
/// nobody may enter it.
bool is_out_of_reach(const std::string& file);

/// The first line of a secret's file, which may be such a credential; blanks around it are no part
/// of it. Fails in words without the secret.
Result<std::string> read_secret(const std::string& file);

/// All of a file of an operator's. Fails with invalid_configuration when it is larger than `limit`.
Result<std::string> read_limited(const std::string& path, std::size_t limit);

}  // namespace handshaked::runtime
