#pragma once

#include <filesystem>
#include <optional>
#include <string>

namespace handshaked::cli {

/// Where the knowledge base is: `asked_for` (--rules) if not empty, else $HANDSHAKED_RULES, else what was installed
/// together with the program, else /usr/share/handshaked/rules, else `rules/` beside the sources when the program runs from a build tree.
/// The first two are taken as they are, so that a wrong path is an error and not another rule set. Empty when there is none.
std::string find_rules(const std::string& asked_for);

/// PREFIX/share/handshaked/rules of a program PREFIX/bin/handshaked, if it is there: an unpacked tarball, or another prefix. For tests.
std::optional<std::filesystem::path> rules_of_installation(const std::filesystem::path& program);

/// The directory `rules` in which rules lie, of the source tree around a program: the nearest above it. For tests.
std::optional<std::filesystem::path> rules_around(const std::filesystem::path& program);

}  // namespace handshaked::cli
