#pragma once

#include <string>
#include <string_view>

namespace handshaked::event {

/// The commands of the knowledge base know no address: "openssl s_client -connect HOST:PORT -servername NAME". Puts in what is known, where
/// it is nothing but an address or a name, to a shell and inside of JSON too; else the text stays as it is.
std::string with_address(std::string text, std::string_view peer, std::string_view name);

}  // namespace handshaked::event
