#include "correlate/incident_title.h"

#include <simdjson.h>

#include <algorithm>

#include "base/text/utf8.h"
#include "correlate/texts.h"
#include "match/knowledge.h"

namespace handshaked::correlate {
namespace {

constexpr std::size_t kLongestName = 80;
constexpr std::size_t kLongestFault = 240;
constexpr std::size_t kSummaryWithin = 1000;  // of the texts: cause and confidence stand before it

std::string cut(std::string_view text, std::size_t limit) {
  if (text.size() <= limit) return std::string(text);
  return std::string(utf8_prefix(text, limit)) + "…";
}

void replace_all(std::string& text, std::string_view what, std::string_view with) {
  for (std::size_t at = text.find(what); at != std::string::npos;
       at = text.find(what, at + with.size()))
    text.replace(at, what.size(), with);
}

/// "shop.example", "shop.example (+2)"; empty when the lines name none, or nginx's nameless server.
std::string server_words(const Incident& incident) {
  std::vector<std::string> names = incident.servers;
  std::erase_if(names, [](const std::string& name) { return name.empty() || name == "_"; });
  if (names.empty()) {
    const std::string& server = incident.place.server;
    return server == "_" ? std::string() : cut(server, kLongestName);
  }
  const std::string more = names.size() > 1 ? " (+" + std::to_string(names.size() - 1) + ")" : "";
  return cut(names.front(), kLongestName) + more;
}

/// The sentence that a diagnosis says it with: the first member "summary" of its texts
/// (DiagnosisNote::members). A list of thousands of incidents asks, so it is found, not parsed.
std::string summary_of(const std::string& members) {
  constexpr std::string_view kKey = "\"summary\":";
  const auto key = members.find(kKey);
  if (key > kSummaryWithin) return {};  // npos is further still
  const std::size_t begin = key + kKey.size();
  std::size_t end = begin + 1;
  while (end < members.size() && members[end] != '"') end += members[end] == '\\' ? 2 : 1;
  if (end >= members.size()) return {};
  simdjson::dom::parser parser;
  std::string_view text;
  if (parser.parse(members.data() + begin, end + 1 - begin).get(text) != simdjson::SUCCESS)
    return {};
  return std::string(text);
}

/// Takes out each part that begins and ends so: " (key id 1c4e…)" is for the details.
void leave_out(std::string& words, std::string_view begin, std::string_view end) {
  for (std::size_t at = words.find(begin); at != std::string::npos; at = words.find(begin, at)) {
    const std::size_t last = words.find(end, at + begin.size());
    if (last == std::string::npos) return;
    words.erase(at, last + end.size() - at);
  }
}

/// The first sentence, fit to follow a colon: without its end, without a time behind a date.
std::string first_fault(std::string_view summary) {
  std::size_t end = std::min(summary.find("。"), summary.size());
  for (std::size_t dot = summary.find(". "); dot < end; dot = summary.find(". ", dot + 1)) {
    const char next = dot + 2 < summary.size() ? summary[dot + 2] : 'A';
    if (next >= 'A' && next <= 'Z') end = dot;
  }
  std::string words(summary.substr(0, end));
  if (words.ends_with('.')) words.pop_back();
  for (const std::string_view article : {"The ", "An ", "A ", "Another "}) {
    if (words.starts_with(article)) words[0] = static_cast<char>(words[0] - 'A' + 'a');
  }
  for (const Language language : {Language::en, Language::zh})
    leave_out(words, texts().text(language, "key_id.begin"), texts().text(language, "key_id.end"));
  constexpr std::string_view kClock = " 00:00:00 UTC";
  for (std::size_t utc = words.find(" UTC"); utc != std::string::npos;
       utc = words.find(" UTC", utc + 1)) {
    if (utc + 4 < kClock.size()) continue;
    const std::size_t begin = utc + 4 - kClock.size();
    if (words[begin] != ' ' || words[begin + 3] != ':' || words[begin + 6] != ':') continue;
    words.erase(begin, kClock.size());
    utc = begin;
  }
  return words;
}

/// The title names the place already: the fault need not.
std::string without_peer(std::string fault, const std::string& peer, Language language) {
  if (peer.empty()) return fault;
  replace_all(fault, " of " + peer, "");
  const std::string upstream = texts().text(language, "place.upstream");
  replace_all(fault, peer, upstream);
  if (language == Language::zh) replace_all(fault, upstream + " ", upstream);
  return fault;
}

std::string fault_words(const Incident& incident, Language language) {
  const bool is_chinese = language == Language::zh;
  if (const auto& note = incident.diagnosis; note && note->confidence >= kSure) {
    const std::string fault = first_fault(summary_of(note->members_in(language)));
    if (!fault.empty())
      return cut(without_peer(fault, incident.place.peer, language), kLongestFault);
  }
  const std::string& title =
      is_chinese && !incident.title_zh.empty() ? incident.title_zh : incident.title;
  const bool is_of_client = incident.place.side == parse::Side::client;
  return cut(
      match::with_family(title, is_of_client ? match::kListenerDirectives
                                             : std::string_view(incident.place.scheme.get())),
      kLongestFault);
}

}  // namespace

std::string incident_place(const Incident& incident, Language language) {
  const Texts text(texts(), language);
  const Place& place = incident.place;
  const std::string server = server_words(incident);
  switch (place.side) {
    case parse::Side::upstream:
      if (place.peer.empty()) return server.empty() ? "nginx" : server;
      return (server.empty() ? "nginx" : server) + " → " + cut(place.peer, kLongestName);
    case parse::Side::client:
      return text("place.clients", {{"server", server.empty() ? "nginx" : server}});
    case parse::Side::ocsp:
      if (!place.peer.empty())
        return text("place.responder", {{"peer", cut(place.peer, kLongestName)}});
      return place.object.get().empty() ? text("place.stapling")
                                        : cut(place.object.get(), kLongestName);
    case parse::Side::config: break;
  }
  if (const auto& note = incident.diagnosis; note && !note->file.empty())
    return cut(note->file, kLongestName) +
           (note->line != 0 ? ":" + std::to_string(note->line) : "");
  if (!place.object.get().empty()) return cut(place.object.get(), kLongestName);
  return text("place.configuration");
}

std::string incident_title(const Incident& incident, Language language) {
  return texts().text(
      language, "title.of_place",
      {{"place", incident_place(incident, language)}, {"fault", fault_words(incident, language)}});
}

}  // namespace handshaked::correlate
