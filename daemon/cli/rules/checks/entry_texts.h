#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace handshaked::cli {

/// What is wrong with one value of a rule's or cause's file; `pointer` as in match/json_place.h.
struct EntryComplaint {
  std::string pointer, reason;
};

/// Looks at the texts of an entry (valid JSON), whatever its schema says: missing translations,
/// translations that hold no Chinese, links that cannot be right, rates that claim evidence without
/// a source, dead ends without an action, paths of somebody's own machine.
std::vector<EntryComplaint> complaints_about_texts(std::string_view entry_json);

/// Is it an http(s) URL with a host and, if there is one, a plain anchor?
bool is_sound_link(std::string_view url);

/// Does the text hold a Chinese character or Chinese punctuation?
bool holds_chinese(std::string_view text);

}  // namespace handshaked::cli
