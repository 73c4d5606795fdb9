#pragma once

#include <string>
#include <string_view>

namespace handshaked::cli {

/// A message of nginx's that may be shown to anybody: what it is made of stays (its shape, names of
/// functions, OpenSSL's codes and reasons, errno, verify codes, alert numbers, directives,
/// versions), what belongs to somebody is a mask: addresses, hosts, URLs, paths, e-mail addresses,
/// values, numbers, quoted texts, and every word that is not known to be an ordinary one.
///
/// So two messages of one kind become the same text. At most about 1 KB, one line of printable
/// UTF-8. Linear in `message`.
std::string masked_message(std::string_view message);

/// Is `word`, in capitals or not, one that says nothing about who wrote it: of OpenSSL's reasons,
/// of nginx's messages, of plain English? (ordinary_words.cpp lists them.)
bool is_ordinary_word(std::string_view word);

}  // namespace handshaked::cli
