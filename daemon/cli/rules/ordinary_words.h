#pragma once

#include <string>
#include <string_view>

namespace handshaked::cli {

/// Is `word`, in capitals or not, one that says nothing about who wrote it: of OpenSSL's reasons, of nginx's messages, of plain English?
bool is_ordinary_word(std::string_view word);

}  // namespace handshaked::cli
