#pragma once

#include <cstddef>
#include <string_view>

namespace handshaked::parse {

// OpenSSL's error queue in a line that has lost the call in front of it: somebody copied the end of
// a record.

/// Where an error queue begins of which the call in front is lost: "(SSL: error:…", or what is left
/// of that at the beginning of the line or in front of an action. "OpenSSL: error:…" is what other
/// programs print. npos: nowhere.
std::size_t find_orphaned_queue(std::string_view line);

/// "SSL_do_handshake() failed ": the message that nginx begins with where its queue says this.
std::string_view lost_beginning(std::string_view queue);

}  // namespace handshaked::parse
