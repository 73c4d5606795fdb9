#include "cli/rules/rules_site.h"

#include <algorithm>
#include <map>
#include <set>

#include "cli/document/text_file.h"
#include "cli/document/words.h"
#include "cli/knowledge/advice_section.h"
#include "cli/knowledge/code_lookup.h"
#include "cli/rules/checks/rule_contest.h"
#include "cli/rules/checks/rule_relations.h"
#include "cli/rules/site_page.h"
#include "cli/rules/site_search.h"
#include "cli/texts.h"

namespace handshaked::cli {
namespace {

namespace fs = std::filesystem;

class Site {
 public:
  Site(const KnowledgeBase& base, fs::path directory)
      : base_(base), directory_(std::move(directory)) {
    for (const match::Rule& rule : base.rules->rules()) {
      ids_.insert(rule.id);
      for (const match::CandidateCause& candidate : rule.causes)
        rules_of_[candidate.cause].push_back(&rule);
    }
    for (int code = 1; code <= kLastVerifyCode; ++code)
      add_code("codes/verify-" + std::to_string(code) + ".html",
               look_up_verify_code(code, *base.rules));
    for (int number = 0; number <= kLastAlert; ++number)
      add_code("codes/alert-" + std::to_string(number) + ".html",
               look_up_alert(number, *base.rules));
  }

  Result<> write() {
    for (const Language language : {Language::en, Language::zh}) {
      TRY(write_index(language));
      for (const match::Rule& rule : base_.rules->rules()) {
        TRY(write_rule(rule, language));
      }
      for (const std::string& cause : base_.knowledge.causes()) {
        TRY(write_cause(cause, language));
      }
      for (const Code& code : codes_) {
        TRY(write_code(code, language));
      }
      TRY(write_find(language));
    }
    SitePage entrance(Language::en, "handshaked", "", "index.html");
    entrance.element("h1", entrance.say("site.title"));
    for (const Language language : {Language::en, Language::zh}) {
      const std::string index = std::string(to_string(language)) + "/index.html";
      entrance.open("p").link(index, rules_texts().text(language, "site.language")).close("p");
    }
    return write_text_file(directory_ / "index.html", entrance.finish());
  }

 private:
  /// A verify code or an alert, and its page.
  struct Code {
    std::string path;
    CodeMeaning meaning;
  };
  static constexpr int kLastVerifyCode = 120;
  static constexpr int kLastAlert = 255;

  /// What OpenSSL has no words for is no code.
  void add_code(std::string path, CodeMeaning meaning) {
    if (!meaning.text.empty()) codes_.push_back({std::move(path), std::move(meaning)});
  }

  static std::string title_of(const match::Rule& rule, Language language) {
    return language == Language::zh && !rule.title_zh.empty() ? rule.title_zh : rule.title;
  }

  Result<> put(const SitePage& page, const std::string& path) {
    return write_text_file(directory_ / page.in_language(path), page.finish());
  }

  Result<> write_index(Language language) {
    const Texts say(rules_texts(), language);
    SitePage page(language, say("site.title"), "../", "index.html");
    page.element("h1", page.say("site.title"));
    page.element("p",
                 say("overview.counts",
                     {{"rules", counted(say, ids_.size(), "overview.rule", "overview.rules")},
                      {"causes", counted(say, base_.knowledge.causes().size(), "overview.cause",
                                         "overview.causes")}}),
                 "soft");
    page.open("ul");
    for (const parse::Side side : kSides)
      page.open("li").text(side_words(language, side)).close("li");
    page.close("ul");
    for (const parse::Side side : kSides) write_side(page, side);
    page.element("h2", page.say("overview.codes")).open("ul");
    for (const Code& code : codes_)
      page.open("li")
          .link(page.in_language(code.path), code.meaning.name)
          .text(": " + code.meaning.text)
          .close("li");
    page.close("ul");
    page.element("h2", page.say("overview.of_causes")).open("ul");
    for (const std::string& cause : base_.knowledge.causes()) {
      page.open("li").link(page.in_language("causes/" + cause + ".html"), cause).open("div");
      if (const auto advice = base_.knowledge.about_cause(cause, language))
        page.text(match::filled_in(advice->meaning, {}, language));
      page.close("div").close("li");
    }
    page.close("ul");
    return put(page, "index.html");
  }

  void write_side(SitePage& page, parse::Side side) {
    std::vector<const match::Rule*> rules;
    for (const match::Rule& rule : base_.rules->rules()) {
      if (rule.side == side) rules.push_back(&rule);
    }
    std::sort(rules.begin(), rules.end(),
              [](const auto* a, const auto* b) { return a->id < b->id; });
    if (rules.empty()) return;
    page.element("h2", side_words(page.language(), side)).open("ul");
    for (const match::Rule* const rule : rules) {
      page.open("li").link(page.in_language("rules/" + page_name(rule->id) + ".html"),
                           title_of(*rule, page.language()));
      page.open("div", "soft")
          .text(rule->id + " · " +
                (rule->noise ? page.say("overview.noise")
                             : severity_word(page.language(), rule->severity)))
          .close("div")
          .close("li");
    }
    page.close("ul");
  }

  Result<> write_rule(const match::Rule& rule, Language language) {
    const std::string path = "rules/" + page_name(rule.id) + ".html";
    SitePage page(language, title_of(rule, language), "../../", path);
    const std::string scheme =
        rule.upstream_schemes.empty() ? std::string() : rule.upstream_schemes.front();
    const LineAdvice advice = advice_about(rule, {.scheme = scheme}, base_.knowledge, language);
    page.element("h1", title_of(rule, language)).element("pre", rule.title);
    page.open("dl")
        .fact(page.say("rule_page.name"), rule.id)
        .fact(page.say("rule_page.where"), side_words(language, rule.side));
    page.fact(page.say("rule_page.severity"),
              rule.noise ? page.say("rule_page.noise") : severity_word(language, rule.severity));
    if (!rule.url.empty())
      page.element("dt", page.say("rule_page.documentation"))
          .open("dd")
          .outside(rule.url)
          .close("dd");
    page.close("dl");
    page.element("p", advice.root_cause);
    write_candidates(page, advice);
    write_cures(page, advice.workarounds);
    write_dead_ends(page, advice.dead_ends);
    write_relations(page, rule);
    write_samples(page, rule);
    return put(page, path);
  }

  void write_candidates(SitePage& page, const LineAdvice& advice) {
    if (advice.candidates.empty()) return;
    page.element("h2", page.say("rule_page.candidates")).open("ol");
    for (const CandidateAdvice& candidate : advice.candidates) {
      page.open("li");
      link_cause(page, candidate.cause);
      page.open("span", "soft").text(" " + percent(candidate.likelihood)).close("span");
      page.element("div", candidate.meaning);
      if (!candidate.tell_apart.empty())
        page.element("div", page.say("rule_page.tell_apart", {{"text", candidate.tell_apart}}),
                     "soft");
      page.close("li");
    }
    page.close("ol");
  }

  void link_cause(SitePage& page, const std::string& cause) {
    if (base_.knowledge.has_cause(cause))
      page.link(page.in_language("causes/" + cause + ".html"), cause);
    else page.text(cause);
  }

  void write_sources(SitePage& page, const std::vector<std::string>& sources) {
    if (sources.empty()) return;
    page.open("div", "soft").text(page.say("advice.sources"));
    for (std::size_t i = 0; i < sources.size(); ++i)
      page.text(i == 0 ? "" : "; ").outside(sources[i]);
    page.close("div");
  }

  void write_cures(SitePage& page, const std::vector<CauseWorkaround>& list) {
    if (list.empty()) return;
    page.element("h2", page.say("advice.cures")).open("ol");
    for (const auto& [cause, cure] : list) {
      page.open("li").open("strong").text(cure.action).close("strong");
      const std::string_view rate = cure.evidence_count == 0   ? "advice.estimated"
                                    : cure.evidence_count == 1 ? "advice.observed_once"
                                                               : "advice.observed";
      const std::string count = with_separators(static_cast<std::uint64_t>(cure.evidence_count));
      page.open("span", "soft")
          .text(" " + page.say(rate, {{"percent", percent(cure.success_rate)}, {"count", count}}))
          .close("span");
      page.element("div", cure.how);
      if (!cure.condition.empty())
        page.element("div", page.say("advice.condition", {{"text", cure.condition}}));
      if (!cure.owner.empty())
        page.element("div", owner_words(page.language(), cure.owner), "soft");
      if (!cause.empty()) {
        page.open("div", "soft").text(page.say("advice.against"));
        link_cause(page, cause);
        page.close("div");
      }
      write_sources(page, cure.sources);
      page.close("li");
    }
    page.close("ol");
  }

  void write_dead_ends(SitePage& page, const std::vector<CauseDeadEnd>& list) {
    if (list.empty()) return;
    page.element("h2", page.say("advice.dead_ends")).open("ul");
    for (const auto& [cause, dead_end] : list) {
      page.open("li").open("strong").text(dead_end.action).close("strong");
      page.open("span", "soft")
          .text(" " + page.say("advice.fails", {{"percent", percent(dead_end.fail_rate)}}))
          .close("span");
      if (dead_end.unsafe) page.element("div", page.say("advice.unsafe"), "critical");
      page.element("div", dead_end.why_fails);
      if (!dead_end.condition.empty())
        page.element("div", page.say("advice.condition", {{"text", dead_end.condition}}));
      write_sources(page, dead_end.sources);
      page.close("li");
    }
    page.close("ul");
  }

  void link_rule(SitePage& page, const std::string& id) {
    if (ids_.contains(id)) page.link(page.in_language("rules/" + page_name(id) + ".html"), id);
    else page.text(id);
  }

  void write_relations(SitePage& page, const match::Rule& rule) {
    const RuleRelations relations = relations_of(rule, page.language());
    if (!relations.leads_to.empty()) {
      page.element("h2", page.say("rule_page.leads_to")).open("ul");
      for (const std::string& id : relations.leads_to) {
        page.open("li");
        link_rule(page, id);
        page.close("li");
      }
      page.close("ul");
    }
    if (relations.confused_with.empty()) return;
    page.element("h2", page.say("rule_page.confused_with")).open("ul");
    for (const RuleRelations::Confusion& confusion : relations.confused_with) {
      page.open("li");
      link_rule(page, confusion.id);
      page.element("div", confusion.distinction).close("li");
    }
    page.close("ul");
  }

  static void write_samples(SitePage& page, const match::Rule& rule) {
    page.element("h2", page.say("rule_page.samples"));
    for (const RuleSample& sample : lines_of(rule, "samples"))
      page.element("pre", sample.line).element("p", sample.origin, "soft");
    page.element("h2", page.say("rule_page.regex")).element("pre", rule.regex);
  }

  Result<> write_cause(const std::string& cause, Language language) {
    const std::string path = "causes/" + cause + ".html";
    SitePage page(language, cause, "../../", path);
    const auto advice = base_.knowledge.about_cause(cause, language);
    if (!advice) return success();
    const auto filled = [language](std::string text) {
      return match::filled_in(std::move(text), {}, language);
    };
    page.element("h1", filled(advice->meaning))
        .open("dl")
        .fact(page.say("cause_page.name"), cause)
        .fact(page.say("cause_page.who_cures"), owner_words(language, advice->owner))
        .close("dl");
    page.element("p", filled(advice->root_cause));
    std::vector<CauseWorkaround> cures;
    for (match::Workaround cure : advice->workarounds) {
      match::fill_in(cure, {}, language);
      cures.push_back({.cause = {}, .workaround = std::move(cure)});
    }
    std::vector<CauseDeadEnd> dead_ends;
    for (match::DeadEnd dead_end : advice->dead_ends) {
      match::fill_in(dead_end, {}, language);
      dead_ends.push_back({.cause = {}, .dead_end = std::move(dead_end)});
    }
    write_cures(page, cures);
    write_dead_ends(page, dead_ends);
    if (const auto rules = rules_of_.find(cause); rules != rules_of_.end()) {
      page.element("h2", page.say("cause_page.lines")).open("ul");
      for (const match::Rule* const rule : rules->second) {
        page.open("li")
            .link(page.in_language("rules/" + page_name(rule->id) + ".html"),
                  title_of(*rule, language))
            .close("li");
      }
      page.close("ul");
    }
    return put(page, path);
  }

  Result<> write_code(const Code& code, Language language) {
    SitePage page(language, code.meaning.name + ": " + code.meaning.text, "../../", code.path);
    page.element("h1", code.meaning.name).element("pre", code.meaning.text);
    page.element("h2", page.say("code.lines"));
    if (code.meaning.only_general_rules) page.element("p", page.say("code.general_rules"), "soft");
    page.open("ul");
    for (const match::Rule* const rule : code.meaning.rules) {
      page.open("li").link(page.in_language("rules/" + page_name(rule->id) + ".html"),
                           title_of(*rule, language));
      page.element("div", side_words(language, rule->side), "soft").close("li");
    }
    page.close("ul");
    return put(page, code.path);
  }

  /// Search over all pages, and a line that somebody pastes.
  Result<> write_find(Language language) {
    SitePage page(language, rules_texts().text(language, "search.heading"), "../", "find.html");
    std::vector<SearchedPage> pages;
    for (const match::Rule& rule : base_.rules->rules())
      pages.push_back({"rules/" + page_name(rule.id) + ".html", rule.id, title_of(rule, language)});
    for (const std::string& cause : base_.knowledge.causes()) {
      const auto advice = base_.knowledge.about_cause(cause, language);
      pages.push_back({"causes/" + cause + ".html", cause,
                       advice ? match::filled_in(advice->meaning, {}, language) : cause});
    }
    for (const Code& code : codes_)
      pages.push_back({code.path, code.meaning.name, code.meaning.text});
    page.element("h1", page.say("search.heading"));
    page.field("input", "find", page.say("search.field")).list_for_script("found");
    page.element("h2", page.say("search.have_line"));
    page.field("textarea", "line", page.say("search.line_field")).list_for_script("told");
    page.element("p", page.say("search.privacy"), "soft");
    page.set_script(search_script(pages, *base_.rules, language));
    return put(page, "find.html");
  }

  static constexpr parse::Side kSides[] = {parse::Side::upstream, parse::Side::client,
                                           parse::Side::config, parse::Side::ocsp};
  const KnowledgeBase& base_;
  fs::path directory_;
  std::set<std::string, std::less<>> ids_;
  std::map<std::string, std::vector<const match::Rule*>> rules_of_;
  std::vector<Code> codes_;
};

}  // namespace

std::string page_name(std::string_view rule_id) {
  if (rule_id.starts_with("nginx/")) rule_id.remove_prefix(6);
  std::string name;
  for (const char c : rule_id) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '_' || (c == '.' && !name.empty());
    name += plain ? c : '-';
  }
  return name.substr(0, 200);
}

Result<> write_rules_site(const KnowledgeBase& base, const fs::path& directory) {
  return Site(base, directory).write();
}

}  // namespace handshaked::cli
