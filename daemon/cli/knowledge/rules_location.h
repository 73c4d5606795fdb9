#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace handshaked::cli {

/// Where the knowledge base is: `asked_for` (--rules) if not empty, else $HANDSHAKED_RULES, else
/// what was installed together with the program, else /usr/share/handshaked/rules, else `rules/`
/// beside the sources when the program runs from a build tree. What `rules update` has put in force
/// stands for installed rules of an older edition; a newer package wins again. The first two are
/// taken as they are, so that a wrong path is an error and not another rule set. Empty when there
/// is none.
std::string find_rules(const std::string& asked_for);

/// PREFIX/share/handshaked/rules of a program PREFIX/bin/handshaked, if it is there: an unpacked
/// tarball, or another prefix. For tests.
std::optional<std::filesystem::path> rules_of_installation(const std::filesystem::path& program);

/// The directory `rules` in which rules lie, of the source tree around a program: the nearest above
/// it. For tests.
std::optional<std::filesystem::path> rules_around(const std::filesystem::path& program);

/// Where `rules update` puts rules, and the link there to those in force. Root's own ground:
/// nothing of it is below what the service writes.
inline constexpr const char* kUpdatesDirectory = "/var/lib/handshaked-rules";
/// In a directory of rules: the day they were made, "2026-11-30"; ".2" behind it for another one of
/// the same day.
inline constexpr const char* kEditionFile = "EDITION";

bool is_edition(std::string_view text);
/// Fails with not_found or invalid_input.
Result<std::string> read_edition(const std::string& rules_directory);
/// `updated` when it holds rules of a later edition than `installed`, else `installed`. For tests.
std::string newer_rules(const std::string& installed, const std::string& updated);

}  // namespace handshaked::cli
