#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace simdjson::dom {
class element;
}

namespace handshaked::cli {

// Members of what the daemon answered, for the terminal: texts are harmless to it (visible_text.h).
// Missing members are empty: an older daemon has fewer.

std::string text_of(const simdjson::dom::element& from, std::string_view key);
bool flag_of(const simdjson::dom::element& from, std::string_view key);
std::uint64_t number_of(const simdjson::dom::element& from, std::string_view key);
double real_of(const simdjson::dom::element& from, std::string_view key);
std::vector<simdjson::dom::element> list_of(const simdjson::dom::element& from,
                                            std::string_view key);
/// The texts of a list, with commas.
std::string texts_of(const simdjson::dom::element& from, std::string_view key);
/// "2026-11-21T02:58:15.123456Z" as "2026-11-21 02:58:15 UTC".
std::string moment_text(std::string rfc3339);
std::string moment(const simdjson::dom::element& from, std::string_view key);

}  // namespace handshaked::cli
