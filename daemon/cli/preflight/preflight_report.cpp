#include <algorithm>
#include <map>

#include "base/text/joined.h"
#include "cli/document/words.h"
#include "cli/host/fix_document.h"
#include "cli/preflight/preflight_output.h"
#include "cli/texts.h"
#include "diagnose/certificates/issuer_search.h"
#include "diagnose/preflight/release_defaults.h"
#include "diagnose/upstream/verification/cause_sentences.h"

namespace handshaked::cli {
namespace {

using diagnose::Forecast;
using diagnose::Outlook;
using diagnose::Rollout;
using diagnose::Text;

constexpr std::size_t kShownPlaces = 6;
constexpr std::size_t kShownOfAList = 20;

std::string place_of(const Forecast& place) {
  return (place.host.empty() ? "" : place.host + ": ") + place.file +
         (place.line == 0 ? "" : ":" + std::to_string(place.line));
}

std::string rollout_words(const Texts& say, Rollout rollout) {
  switch (rollout) {
    case Rollout::first: return say("prevention.first");
    case Rollout::together: return say("prevention.together");
    case Rollout::elsewhere: return say("prevention.elsewhere");
  }
  return {};
}

/// Places that break in the same way: one paragraph for all.
struct Group {
  const Forecast* first = nullptr;
  std::vector<const Forecast*> places;
};

std::vector<Group> groups_of(const diagnose::PreflightReport& report, Outlook outlook) {
  std::vector<Group> groups;
  std::map<std::string, std::size_t> known;
  for (const Forecast& one : report.places) {
    if (one.outlook != outlook) continue;
    const std::string key =
        one.cause + "|" + one.would_log + "|" + one.target + "|" + one.reason.en + "|" +
        (one.at ? diagnose::date_text(*one.at) : std::string()) + "|" + one.then.en;
    const auto [at, is_new] = known.try_emplace(key, groups.size());
    if (is_new) groups.push_back({&one, {}});
    groups[at->second].places.push_back(&one);
  }
  return groups;
}

class PreflightDocument {
 public:
  PreflightDocument(Document& page, const diagnose::PreflightReport& report,
                    const diagnose::PlannedChange& change, Language language)
      : page_(page),
        report_(report),
        change_(change),
        language_(language),
        say_(preflight_texts(), language) {}

  void write() {
    write_headline();
    std::size_t number = 0;
    for (const Group& group : groups_of(report_, Outlook::breaks)) write_break(group, ++number);
    write_list(Outlook::weakens, say_("places.weakens"));
    write_list(Outlook::cannot_tell, say_("places.cannot_tell"));
    write_list(Outlook::broken_already, say_("places.broken_already"));
    write_list(Outlook::cured, say_("places.cured"));
    write_list(Outlook::works, say_("places.works"));
    write_rest();
  }

 private:
  void write_headline() {
    const std::size_t breaks = report_.count(Outlook::breaks);
    const std::size_t open = report_.count(Outlook::cannot_tell);
    page_.title(breaks > 0 ? counted(say_, breaks, "title.break", "title.breaks")
                : open > 0 ? counted(say_, open, "title.open_one", "title.open_many")
                           : say_("title.clean"));
    std::vector<Fact> facts;
    for (const std::string& one : change_sentences(change_, language_))
      facts.push_back({say_("summary.change"), one});
    std::string outlooks;
    for (const Outlook outlook :
         {Outlook::breaks, Outlook::weakens, Outlook::cannot_tell, Outlook::broken_already,
          Outlook::cured, Outlook::works, Outlook::unaffected}) {
      const std::size_t count = report_.count(outlook);
      if (count == 0) continue;
      const std::string next =
          say_("summary.outlook",
               {{"count", std::to_string(count)}, {"outlook", outlook_words(language_, outlook)}});
      outlooks = outlooks.empty()
                     ? next
                     : say_("summary.next", {{"outlooks", outlooks}, {"outlook", next}});
    }
    const std::size_t configurations = report_.configurations;
    facts.push_back(
        {say_("summary.looked_at"),
         outlooks.empty()
             ? counted(say_, configurations, "summary.bare_configuration",
                       "summary.bare_configurations")
             : say_(configurations == 1 ? "summary.configuration" : "summary.configurations",
                    {{"count", with_separators(configurations)}, {"outlooks", outlooks}})});
    page_.facts(facts);
  }

  void write_break(const Group& group, std::size_t number) {
    const Forecast& place = *group.first;
    page_.fault(match::Severity::critical,
                say_(place.at ? "break.label_at" : "break.label",
                     {{"number", std::to_string(number)},
                      {"target", place.target},
                      {"date", place.at ? diagnose::date_text(*place.at) : std::string()}}),
                sentence_of(place, language_));
    std::vector<Fact> facts;
    for (std::size_t i = 0; i < group.places.size() && i < kShownPlaces; ++i)
      facts.push_back({i == 0 ? say_("break.where") : std::string(),
                       group.places[i]->directive + ", " + place_of(*group.places[i])});
    if (group.places.size() > kShownPlaces)
      facts.push_back({"", counted(say_, group.places.size() - kShownPlaces, "break.more_place",
                                   "break.more_places")});
    if (!place.cause.empty()) facts.push_back({say_("break.cause"), place.cause});
    if (!place.now.empty()) facts.push_back({say_("break.today"), place.now.in(language_)});
    if (!place.then.empty()) facts.push_back({say_("break.then"), place.then.in(language_)});
    if (!place.ran_under.empty()) facts.push_back({say_("break.repeated_with"), place.ran_under});
    page_.facts(facts);
    if (!place.would_log.empty()) {
      page_.heading(say_("break.would_log"));
      page_.verbatim(place.would_log);
    }
    for (const Text& one : place.weakened) page_.note(one.in(language_));
    write_preventions(place);
  }

  void write_preventions(const Forecast& place) {
    if (place.preventions.empty()) return;
    page_.heading(say_("prevention.heading"));
    std::vector<Item> items;
    const auto add = [&](const diagnose::Prevention& one) {
      items.push_back(fix_item(one.fix, rollout_words(say_, one.rollout), language_));
    };
    add(place.preventions.front());
    items.push_back({.lead = say_("prevention.make_change"), .remark = {}, .details = {}});
    page_.list(ListStyle::numbered, items);
    if (place.preventions.size() > 1) {
      items.clear();
      for (std::size_t i = 1; i < place.preventions.size(); ++i) add(place.preventions[i]);
      page_.heading(say_("prevention.instead"));
      page_.list(ListStyle::bullets, items);
    }
    const std::string& patch = place.preventions.front().fix.patch;
    if (patch.empty()) return;
    page_.heading(say_("prevention.patch"));
    page_.patch(patch);
  }

  void write_list(Outlook outlook, std::string_view heading) {
    const auto groups = groups_of(report_, outlook);
    if (groups.empty()) return;
    page_.heading(heading);
    std::vector<Item> items;
    for (const Group& group : groups) {
      if (items.size() == kShownOfAList) break;
      const Forecast& place = *group.first;
      Item item{.lead = place.target + (place.server.empty() ? "" : " (" + place.server + ")") +
                        ": " + sentence_of(place, language_),
                .remark = place_of(place),
                .details = {}};
      if (place.at) item.details.push_back({say_("places.when"), diagnose::date_text(*place.at)});
      for (const Text& one : place.weakened) item.details.push_back({"", one.in(language_)});
      if (!place.would_log.empty() && outlook == Outlook::weakens)
        item.details.push_back({say_("break.would_log"), place.would_log});
      if (group.places.size() > 1)
        item.details.push_back({"", counted(say_, group.places.size() - 1, "places.more_like_it",
                                            "places.more_like_them")});
      items.push_back(std::move(item));
    }
    page_.list(ListStyle::bullets, items);
    if (groups.size() > kShownOfAList)
      page_.note(counted(say_, groups.size() - kShownOfAList, "places.hidden", "places.hidden"));
  }

  void write_notes(std::string_view heading, const std::vector<std::string>& notes) {
    if (notes.empty()) return;
    page_.heading(heading);
    for (std::size_t i = 0; i < notes.size() && i < kShownOfAList; ++i) page_.note(notes[i]);
    if (notes.size() > kShownOfAList)
      page_.note(counted(say_, notes.size() - kShownOfAList, "rest.hidden", "rest.hidden"));
  }

  void write_rest() {
    write_notes(say_("rest.missing_files"), report_.missing_files);
    write_notes(say_("rest.remarks"), report_.remarks);
    write_notes(say_("rest.probes"), report_.probes);
  }

  Document& page_;
  const diagnose::PreflightReport& report_;
  const diagnose::PlannedChange& change_;
  Language language_;
  Texts say_;
};

std::string chain_words(const diagnose::PeerChain& one) {
  return joined(one.chain, " ← ", [](const diagnose::Certificate& certificate) {
    return diagnose::short_name(certificate.facts());
  });
}

}  // namespace

std::vector<std::string> change_sentences(const diagnose::PlannedChange& change,
                                          Language language) {
  const Texts say(preflight_texts(), language);
  std::vector<std::string> sentences;
  const auto add_defaults = [&](const std::vector<diagnose::ChangedDefault>& defaults) {
    for (const diagnose::ChangedDefault& one : defaults)
      sentences.push_back(
          say("change.default", {{"what", one.what.in(language)}, {"source", one.source}}));
  };
  if (change.is_configuration) sentences.push_back(say("change.configuration"));
  for (const diagnose::PeerChain& one : change.chains)
    sentences.push_back(
        say("change.chain",
            {{"peer", one.written}, {"source", one.source}, {"chain", chain_words(one)}}));
  for (const diagnose::PlannedFile& one : change.files)
    sentences.push_back(say(one.path.empty() ? "change.certificates" : "change.file",
                            {{"source", one.source}, {"path", one.path}}));
  if (change.at)
    sentences.push_back(say("change.date", {{"date", diagnose::date_text(*change.at)}}));
  if (change.until)
    sentences.push_back(say("change.until", {{"date", diagnose::date_text(*change.until)}}));
  if (!change.openssl.empty()) {
    sentences.push_back(
        say("change.openssl", {{"version", change.openssl},
                               {"level", std::to_string(change.security_level.value_or(1))}}));
    add_defaults(diagnose::openssl_changes("3.0", change.openssl));
  } else if (change.security_level) {
    sentences.push_back(
        say("change.security_level", {{"level", std::to_string(*change.security_level)}}));
  }
  if (change.nginx.is_known()) {
    sentences.push_back(say("change.nginx", {{"version", change.nginx.text()}}));
    add_defaults(diagnose::nginx_changes(change.nginx_in_use, change.nginx));
  }
  return sentences;
}

std::string outlook_words(Language language, Outlook outlook) {
  const Texts say(preflight_texts(), language);
  switch (outlook) {
    case Outlook::unaffected: return say("outlook.unaffected");
    case Outlook::works: return say("outlook.works");
    case Outlook::cured: return say("outlook.cured");
    case Outlook::weakens: return say("outlook.weakens");
    case Outlook::broken_already: return say("outlook.broken_already");
    case Outlook::cannot_tell: return say("outlook.cannot_tell");
    case Outlook::breaks: return say("outlook.breaks");
  }
  return {};
}

std::string sentence_of(const Forecast& place, Language language) {
  if (place.outlook == Outlook::cannot_tell) return place.missing.in(language);
  if (!place.reason.empty()) return place.reason.in(language);
  if (place.outlook == Outlook::weakens && !place.weakened.empty())
    return place.weakened.front().in(language);
  return place.then.in(language);
}

void write_preflight_report(Document& page, const diagnose::PreflightReport& report,
                            const diagnose::PlannedChange& change, Language language) {
  PreflightDocument(page, report, change, language).write();
}

}  // namespace handshaked::cli
