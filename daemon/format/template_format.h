#pragma once

#include <string>
#include <string_view>

#include "base/language.h"
#include "base/result.h"
#include "format/wire_format.h"

namespace handshaked::format {

/// A body of the operator's own, in Mustache (mustache.github.io/mustache.5). What it can use: all
/// of the CloudEvent ({{id}}, {{type}},
/// {{data.incident.id}}, {{#data.fixes}}…), and beside it {{kind}}, {{summary}}, {{severity}},
/// {{#is_resolved}}, {{fix.title}},
/// {{fix.how}}, {{fix.patch}}, {{#fix.is_proved}}, {{place}} ("file:line").
///
/// {{x}} is escaped for the content type: inside of a string for JSON, entities for HTML and XML,
/// percent signs for forms; other types get control characters replaced. {{{x}}} is not escaped.
///
/// It is checked here, against sample events in both states: its grammar, that every name exists,
/// and for JSON that the result is JSON. Fails with invalid_configuration in words for the
/// operator. Bounded: 64 KiB of template, 1 MiB of body.
Result<WireFormat> template_format(std::string_view text, std::string content_type,
                                   Language language);

}  // namespace handshaked::format
