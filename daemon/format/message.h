#pragma once

#include <string>
#include <vector>

#include "base/language.h"
#include "format/notification.h"

namespace handshaked::format {

enum class Tone { critical, warning, info, resolved };

/// One fact with its name. `is_code`: a name, an address, a path, to be shown as such and never as
/// markup or link.
struct MessageFact {
  std::string label, value;
  bool is_code = false;
};

/// What people are told, in their language, before it gets the form of a medium. First what fits on
/// a phone: title, cause, impact, fix, the command that shows more, a link. Then the details, which
/// may be cut; with a page to open most of them are left to it. Every text is plain_text():
/// cleaned, not escaped.
struct Message {
  Tone tone = Tone::info;
  std::string title;
  std::string explanation;  ///< the cause in a sentence, or that there are only candidates
  std::string impact;       ///< how much, whom, since when
  std::string fix_label;    ///< "Proved fix", "Likely fix (untested)"; empty: none
  std::string fix_title;
  std::string command;  ///< to be run where nginx runs: shows the fix, or finds it; empty: none
  std::string page_label, page;  ///< where the incident can be looked at; "https://…" or empty
  std::string items_label;       ///< of a digest or a group
  std::vector<std::string> items;

  std::string fix_text;
  std::string patch;        ///< several lines
  std::string commands;     ///< a line each
  std::string words_label;  ///< "Words to send to the owner"; empty: none
  std::string words;
  std::vector<MessageFact> facts;
  std::string dead_ends_label;
  std::vector<std::string> dead_ends;
  std::string sample_label;
  std::string sample;  ///< one log line

  std::string link_label, link;  ///< what is known about the fault in general; "https://…" or empty
  std::string more;              ///< that something was left out, and where it is
};

Message compose_message(const Notification& notification, Language language);

/// "#RRGGBB" for media that colour.
std::string_view colour_of(Tone tone);

}  // namespace handshaked::format
