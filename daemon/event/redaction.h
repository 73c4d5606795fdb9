#pragma once

#include <string>
#include <string_view>

namespace handshaked::event {

/// An address as it may be shown to others: the network, not the host. "192.0.2.7" is
/// "192.0.2.0/24", "2001:db8::1" is "2001:db8::/48"; what is no address is cut to nothing ("unix:"
/// stays).
std::string masked_address(std::string_view address);

}  // namespace handshaked::event
