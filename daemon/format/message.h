#pragma once

#include <string>
#include <vector>

#include "base/words.h"
#include "format/notification.h"

namespace handshaked::format {

enum class Tone { critical, warning, info, resolved };

/// One fact with its name. `is_code`: a name, an address, a path, to be shown as such and never as markup or link.
struct MessageFact {
  std::string label, value;
  bool is_code = false;
};

/// What people are told, in their language, before it gets the form of a medium: cause, place, count and time, the first proved
/// fix with its patch, the dead ends. Every text is plain_text(): cleaned, not escaped.
struct Message {
  Tone tone = Tone::info;
  std::string title;
  std::string explanation;
  std::vector<MessageFact> facts;

  std::string fix_label;  ///< "Proved fix", "Likely fix (untested)"; empty: none
  std::string fix_title, fix_text;
  std::string patch;        ///< several lines
  std::string commands;     ///< a line each
  std::string words_label;  ///< "Words to send to the owner"; empty: none
  std::string words;
  std::string dead_ends_label;
  std::vector<std::string> dead_ends;

  std::string items_label;  ///< of a digest
  std::vector<std::string> items;

  std::string sample_label;
  std::string sample;  ///< one log line

  std::string link_label, link;  ///< where more is written; "https://…" or empty
  std::string more;              ///< "… and more: see the event" in the reader's language, for what a medium has no room for
};

Message compose_message(const Notification& notification, Language language);

/// "#RRGGBB" for media that colour.
std::string_view colour_of(Tone tone);

}  // namespace handshaked::format
