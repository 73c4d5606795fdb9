#pragma once

#include <map>

#include "diagnose/case/text.h"

namespace handshaked::diagnose {

// A text of the texts.ini of a room, in every language: fix.title = load_text("file.repair",
// {{"file", path}, {"what", what}}). A catalogue is read when it is first asked.
// tests/architecture/texts.py checks that each call gives all that its text has placeholders for.

Text diagnosis_text(
    std::string_view key,
    TextValues values = {});  ///< what several rooms say, and the rooms that say little
Text calendar_text(std::string_view key, TextValues values = {});
Text doctor_text(std::string_view key, TextValues values = {});
Text handshake_text(std::string_view key, TextValues values = {});
Text listener_text(std::string_view key, TextValues values = {});
Text load_text(std::string_view key, TextValues values = {});
Text preflight_text(std::string_view key, TextValues values = {});
Text upstream_text(std::string_view key, TextValues values = {});
Text verification_text(std::string_view key, TextValues values = {});

/// The facts that what is said of a cause is filled with: "{peer}", "{subject}", …
using SentenceFacts = std::map<std::string, std::string, std::less<>>;
Text verification_text_of_facts(std::string_view key, const SentenceFacts& facts);
/// The text that a group ("fault.") has of a cause; empty when it has none.
Text verification_text_of_cause(std::string_view group, std::string_view cause,
                                const SentenceFacts& facts);

}  // namespace handshaked::diagnose
