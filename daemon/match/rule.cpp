#include "match/rule.h"

#include "parse/context.h"

namespace handshaked::match {

std::string_view to_string(Kind kind) {
  switch (kind) {
    case Kind::fault: return "fault";
    case Kind::transport: return "transport";
    case Kind::consequence: return "consequence";
  }
  return "";
}

std::string_view to_string(Severity severity) {
  switch (severity) {
    case Severity::info: return "info";
    case Severity::warning: return "warning";
    case Severity::critical: return "critical";
  }
  return "";
}

parse::Side side_of(const Rule& rule, const parse::ErrorRecord& record) {
  constexpr std::size_t kAllSides = 4;
  // Whatever the rule is about otherwise.
  if (record.side == parse::Side::config && parse::is_of_start(record)) return record.side;
  return rule.contexts.size() == kAllSides ? record.side : rule.side;
}

}  // namespace handshaked::match
