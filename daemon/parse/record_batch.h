#pragma once

#include <string>
#include <string_view>

namespace handshaked::parse {

/// May `line` be JSON that holds several records? Told at a glance, and false for nearly every line
/// that holds one.
bool may_be_batch(std::string_view line);

/// Log stores and exporters write many records into one line of JSON: lists of them ("logRecords",
/// "logEvents", "values" and the like, or any list of strings that begin as nginx's lines do), or
/// one object behind the other, also where an envelope took all of it for a text. Each becomes a
/// line of JSON of its own in `lines`. What belongs to none of them becomes one, too: nothing of
/// `line` is left out. False: there are not several.
bool split_batch(std::string_view line, std::string& lines);

}  // namespace handshaked::parse
