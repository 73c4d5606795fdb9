#include "correlate/incident_key.h"

#include <cstring>

#include "base/digest.h"
#include "correlate/name_limit.h"

namespace handshaked::correlate {
namespace {

constexpr auto npos = std::string_view::npos;

/// Eight bytes a step: it runs for every line.
std::uint64_t mix(std::uint64_t hash, std::string_view text) {
  const auto step = [&hash](std::uint64_t word) {
    hash = (hash ^ word) * 0x9E3779B97F4A7C15ULL;
    hash ^= hash >> 32;
  };
  step(text.size());
  std::size_t i = 0;
  std::uint64_t word = 0;
  for (; i + 8 <= text.size(); i += 8) {
    std::memcpy(&word, text.data() + i, 8);
    step(word);
  }
  word = 0;
  if (i < text.size()) std::memcpy(&word, text.data() + i, text.size() - i);
  step(word);
  return hash;
}

/// The first quoted value of a configuration-time message, or its "in FILE:LINE".
std::string_view configured_object(std::string_view message) {
  const auto open = message.find('"');
  if (open != npos) {
    const auto close = message.find('"', open + 1);
    return message.substr(open + 1, close == npos ? npos : close - open - 1);
  }
  const auto in = message.rfind(" in /");
  return in == npos ? std::string_view{} : message.substr(in + 4);
}

}  // namespace

IncidentKey incident_key(const match::RecognisedLine& failure) {
  const parse::ErrorRecord& record = failure.record;
  IncidentKey key;
  switch (record.side) {
    case parse::Side::upstream:
      key.peer = within_name(parse::upstream_peer(record));
      if (key.peer.empty()) key.server = within_name(record.server);
      break;
    case parse::Side::client: key.server = within_name(record.server); break;
    case parse::Side::ocsp:
      key.peer = within_name(record.responder);
      key.object = within_object(record.certificate);
      break;
    case parse::Side::config: key.object = within_object(configured_object(record.message)); break;
  }
  std::uint64_t hash = 0xcbf29ce484222325ULL ^ reinterpret_cast<std::uintptr_t>(&failure.rule);
  for (const std::string_view part : {key.peer, key.server, key.object}) hash = mix(hash, part);
  key.hash = hash;
  return key;
}

Place place_of(const match::RecognisedLine& failure, const IncidentKey& key) {
  return {.side = failure.record.side,
          .peer = std::string(key.peer),
          .name = std::string(within_name(failure.tls.name)),
          .server = std::string(within_name(failure.record.server)),
          .object = std::string(key.object),
          .scheme = std::string(within_name(parse::upstream_scheme(failure.record)))};
}

match::AdviceFacts advice_facts(const Place& place) {
  match::AdviceFacts facts{
      .scheme = place.scheme.get(), .name = place.name.get(), .server = place.server.get()};
  if (place.side == parse::Side::upstream) facts.peer = place.peer;
  if (place.side == parse::Side::ocsp) facts.responder = place.peer;
  if (const std::string& object = place.object.get(); object.starts_with('/')) {
    const auto colon = object.rfind(':');
    const bool has_line = colon != npos && colon + 1 < object.size() &&
                          object.find_first_not_of("0123456789", colon + 1) == npos;
    facts.file = object.substr(0, has_line ? colon : npos);
    if (has_line) facts.line = object.substr(colon + 1);
  }
  return facts;
}

std::string fingerprint(std::string_view rule_id, const Place& place) {
  const bool by_server = place.side == parse::Side::client ||
                         (place.side == parse::Side::upstream && place.peer.empty());
  std::string text;
  for (const std::string_view part :
       {rule_id, parse::to_string(place.side), std::string_view(place.peer),
        by_server ? std::string_view(place.server) : std::string_view(),
        std::string_view(place.object)}) {
    text.append(part).push_back('\0');
  }
  return "v1:" + sha256_hex(text, 32);
}

std::string named_incident(std::string_view text) {
  const auto begin = text.find_first_not_of(" \t\r\n");
  if (begin == npos) return {};
  text = text.substr(begin, text.find_first_of(" \t\r\n", begin) - begin);
  text = text.substr(0, text.find('.'));
  const bool is_digits =
      text.size() >= 4 && text.size() <= 16 && text.find_first_not_of("0123456789abcdef") == npos;
  return (is_digits ? "inc-" : "") + std::string(text);
}

}  // namespace handshaked::correlate
