#pragma once

#include <cstddef>
#include <string_view>

namespace handshaked::parse {

/// A piece of a log: [begin, end), without the last line feed.
struct LineSpan {
  std::size_t begin = 0, end = 0;
};

/// The lines around [begin, end) of `block` into which a terminal, a mail or a form may have
/// wrapped one record: from the line in which a header, or what is left of one, begins, up to the
/// next one, an empty line or a line in an envelope. Not before `floor`. At most a dozen lines and
/// about as many bytes as nginx writes.
LineSpan wrapped_span(std::string_view block, std::size_t begin, std::size_t end,
                      std::size_t floor);

}  // namespace handshaked::parse
