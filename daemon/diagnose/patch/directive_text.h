#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "nginx/configuration/configuration.h"

namespace handshaked::diagnose {

/// A word as nginx reads it back, in `quote`; bare for no quote ('\0') where it may be. Fails with
/// invalid_input for what nginx cannot hold (a NUL, more than 4,000 bytes).
Result<std::string> written_word(std::string_view word, char quote);
/// "name a b;"
Result<std::string> written_directive(std::string_view name,
                                      std::span<const std::string> arguments);
/// The quote that a word of the file stands in; '\0' for a bare one.
char quote_of(const nginx::Directive& directive, const nginx::Word& word);

/// "proxy_ssl_verify" -> "proxy_ssl_", "ssl_crl" -> "ssl_"; empty for others.
std::string_view family_of(std::string_view name);

/// A text to put into a file, and where.
struct Insertion {
  std::size_t offset = 0;
  std::string text;
  std::uint32_t line = 0;  ///< where the new directive will stand, in the file as it is
};

/// Where a further directive goes in a block, and how it looks there: behind the block's last one
/// of the same name, else of the same family ("proxy_ssl_", "ssl_"), else its `*_pass`, else its
/// last simple directive, else at its beginning. On a line of its own, indented as its neighbour,
/// unless the neighbour shares its line with others. Directives of included files are no
/// neighbours: the text goes into the file in which the block stands. `statement` is "name a b;".
/// Fails when the block has no text that can be changed.
Result<Insertion> insertion_into(const nginx::Directive& block, std::string_view name,
                                 const std::string& statement);

/// What has to go so that a directive is gone: its whole line with the comment behind, when nothing
/// else stands on it.
nginx::ByteSpan removal_of(const nginx::Directive& directive);

}  // namespace handshaked::diagnose
