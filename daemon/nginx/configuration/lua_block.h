#pragma once

#include <cstddef>
#include <string_view>

namespace handshaked::nginx {

/// True for OpenResty's directives whose block is Lua, not nginx: "content_by_lua_block", "set_by_lua_block", …
bool is_lua_block(std::string_view directive_name);

/// The offset of the '}' that closes the Lua block whose text begins at `begin`; text.size() when there is none.
/// Braces in Lua's strings, long brackets ([[…]], [==[…]==]) and comments do not count.
std::size_t find_lua_block_end(std::string_view text, std::size_t begin);

}  // namespace handshaked::nginx
