#pragma once

#include <string_view>

namespace handshaked {

/// The address that a text is, in network order: 4 bytes of AF_INET, 16 of AF_INET6. The whole text
/// counts; inet_pton() alone takes what stands before the first NUL, and strangers write NULs.
/// False, and `bytes` is anything, when it is none of that family.
bool read_ip(int family, std::string_view text, void* bytes);

}  // namespace handshaked
