#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/language.h"
#include "base/text/catalogue.h"
#include "base/text/number_text.h"
#include "diagnose/diagnosis.h"
#include "match/rule.h"
#include "parse/error_record.h"

namespace handshaked::cli {

/// The text of the key `one` or of the key `many`, with the number as its {count}: "1 line", "1,234
/// lines".
std::string counted(const Texts& say, std::uint64_t number, std::string_view one,
                    std::string_view many);
using handshaked::counted;  // in English alone
/// "1.4 MiB".
std::string size_words(Language language, std::uint64_t bytes);
/// "2 h 5 min", "40 s", "3 days 2 h": the two largest units.
std::string duration_words(Language language, Duration duration);
/// How long ago, or how long already: "95 s", "118 min", "47 h", "3 days": whole units of the
/// largest that has gone by twice. As the page writes it (web/app/src/words.js).
std::string age_words(Language language, Duration age);
/// "2026-11-21 02:58:15 +01:00", or without the offset.
std::string time_words(Time time, std::chrono::seconds offset, bool with_offset);

std::string severity_word(Language language, match::Severity severity);
std::string side_words(Language language, parse::Side side);
/// Who has to act.
std::string owner_words(Language language, std::string_view owner);
/// Whether something was proved, and how that is known.
std::string proof_words(Language language, const diagnose::Proof& proof);

}  // namespace handshaked::cli
