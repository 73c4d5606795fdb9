#pragma once

#include <sys/types.h>

#include <cstddef>
#include <string_view>

#include "base/file_descriptor.h"

namespace handshaked::diagnose {

/// As send(2), without SIGPIPE. A descriptor goes with the first byte (unix(7): SCM_RIGHTS); -1 for
/// none.
ssize_t send_with_descriptor(int socket, std::string_view bytes, int descriptor);
/// As recv(2). A descriptor that came along replaces `descriptor`, and is closed by exec.
ssize_t receive_with_descriptor(int socket, char* buffer, std::size_t size,
                                FileDescriptor& descriptor);

}  // namespace handshaked::diagnose
