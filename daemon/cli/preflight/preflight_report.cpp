#include <algorithm>
#include <map>

#include "cli/document/words.h"
#include "cli/preflight/preflight_output.h"
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
  return (place.host.empty() ? "" : place.host + ": ") + place.file + (place.line == 0 ? "" : ":" + std::to_string(place.line));
}

std::string_view rollout_words(Language language, Rollout rollout) {
  switch (rollout) {
    case Rollout::first: return say(language, "before the change: it works today as well", "变更之前：今天也能正常工作");
    case Rollout::together: return say(language, "together with the change", "与变更同时");
    case Rollout::elsewhere: return say(language, "before the change, by somebody else", "变更之前，由他人完成");
  }
  return {};
}

std::string proof_words(const diagnose::Proof& proof, Language language) {
  const std::string_view status = proof.status == diagnose::ProofStatus::proved    ? say(language, "proved: ", "已证实：")
                                  : proof.status == diagnose::ProofStatus::refuted ? say(language, "does not help: ", "已证伪：")
                                                                                   : say(language, "not tested: ", "未验证：");
  return std::string(status) + proof.detail.in(language);
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
    const std::string key = one.cause + "|" + one.would_log + "|" + one.target + "|" + one.reason.en + "|" +
                            (one.at ? diagnose::date_text(*one.at) : std::string()) + "|" + one.then.en;
    const auto [at, is_new] = known.try_emplace(key, groups.size());
    if (is_new) groups.push_back({&one, {}});
    groups[at->second].places.push_back(&one);
  }
  return groups;
}

class PreflightDocument {
 public:
  PreflightDocument(Document& page, const diagnose::PreflightReport& report, const diagnose::PlannedChange& change, Language language)
      : page_(page), report_(report), change_(change), language_(language) {}

  void write() {
    write_headline();
    std::size_t number = 0;
    for (const Group& group : groups_of(report_, Outlook::breaks)) write_break(group, ++number);
    write_list(Outlook::weakens, say("Weaker than today", "比今天更弱"));
    write_list(Outlook::cannot_tell, say("Cannot tell", "无法判断"));
    write_list(Outlook::broken_already, say("Broken already", "目前已经故障"));
    write_list(Outlook::cured, say("Cured by the change", "变更会修复"));
    write_list(Outlook::works, say("Still works", "仍然正常"));
    write_rest();
  }

 private:
  std::string_view say(std::string_view en, std::string_view zh) const { return cli::say(language_, en, zh); }
  std::string text(std::string_view en, std::string_view zh) const { return std::string(say(en, zh)); }

  void write_headline() {
    const std::size_t breaks = report_.count(Outlook::breaks);
    const std::size_t open = report_.count(Outlook::cannot_tell);
    if (breaks == 0 && open > 0) {
      page_.title("handshaked preflight: " + counted(language_, open, "place cannot be judged, the others do not break",
                                                     "places cannot be judged, the others do not break", "个位置无法判断，其余不会出故障"));
    } else
      page_.title(breaks == 0 ? text("handshaked preflight: nothing breaks", "handshaked preflight：没有会出故障的位置")
                              : "handshaked preflight: " + counted(language_, breaks, "place breaks", "places break", "个位置将出故障"));
    std::vector<Fact> facts;
    for (const Text& one : change_sentences(change_)) facts.push_back({text("Change", "变更"), one.in(language_)});
    std::string looked = counted(language_, report_.configurations, "configuration", "configurations", "个配置") + ": ";
    for (const Outlook outlook : {Outlook::breaks, Outlook::weakens, Outlook::cannot_tell, Outlook::broken_already, Outlook::cured,
                                  Outlook::works, Outlook::unaffected}) {
      if (const std::size_t count = report_.count(outlook); count > 0)
        looked += std::to_string(count) + " " + std::string(outlook_words(language_, outlook)) + ", ";
    }
    looked.resize(looked.size() - 2);
    facts.push_back({text("Looked at", "已检查"), looked});
    page_.facts(facts);
  }

  void write_break(const Group& group, std::size_t number) {
    const Forecast& place = *group.first;
    std::string label = std::to_string(number) + ". " + text("breaks: ", "将出故障：") + place.target;
    if (place.at) label += text(" on ", "，时间 ") + diagnose::date_text(*place.at);
    page_.fault(match::Severity::critical, label, sentence_of(place, language_));
    std::vector<Fact> facts;
    for (std::size_t i = 0; i < group.places.size() && i < kShownPlaces; ++i)
      facts.push_back({i == 0 ? text("Where", "位置") : std::string(), group.places[i]->directive + ", " + place_of(*group.places[i])});
    if (group.places.size() > kShownPlaces)
      facts.push_back({"", counted(language_, group.places.size() - kShownPlaces, "more place", "more places", "个其他位置")});
    if (!place.cause.empty()) facts.push_back({text("Cause", "原因"), place.cause});
    if (!place.now.empty()) facts.push_back({text("Today", "目前"), place.now.in(language_)});
    if (!place.then.empty()) facts.push_back({text("Then", "届时"), place.then.in(language_)});
    if (!place.ran_under.empty()) facts.push_back({text("Repeated with", "重演环境"), place.ran_under});
    page_.facts(facts);
    if (!place.would_log.empty()) {
      page_.heading(say("nginx will log", "nginx 将记录"));
      page_.verbatim(place.would_log);
    }
    for (const Text& one : place.weakened) page_.note(one.in(language_));
    write_preventions(place);
  }

  void write_preventions(const Forecast& place) {
    if (place.preventions.empty()) return;
    page_.heading(say("What to do, in this order", "处理办法（按此顺序）"));
    std::vector<Item> items;
    const auto add = [&](const diagnose::Prevention& one) {
      Item item{.lead = one.fix.title.in(language_), .remark = std::string(rollout_words(language_, one.rollout)), .details = {}};
      if (one.fix.is_unsafe) item.details.push_back({text("Careful", "注意"), text("weakens a protection", "会削弱保护")});
      if (!one.fix.how.empty()) item.details.push_back({text("How", "做法"), one.fix.how.in(language_)});
      item.details.push_back({text("Proof", "验证"), proof_words(one.fix.proof, language_)});
      if (!one.fix.message.empty()) item.details.push_back({text("Send this", "发送以下内容"), one.fix.message.in(language_)});
      items.push_back(std::move(item));
    };
    add(place.preventions.front());
    items.push_back({.lead = text("Then make the change", "然后实施变更"), .remark = {}, .details = {}});
    page_.list(ListStyle::numbered, items);
    if (place.preventions.size() > 1) {
      items.clear();
      for (std::size_t i = 1; i < place.preventions.size(); ++i) add(place.preventions[i]);
      page_.heading(say("Or instead of step 1", "或者代替第 1 步"));
      page_.list(ListStyle::bullets, items);
    }
    const std::string& patch = place.preventions.front().fix.patch;
    if (patch.empty()) return;
    page_.heading(say("Patch for step 1; apply it with: patch -p1 -d /", "第 1 步的补丁；应用方法：patch -p1 -d /"));
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
      Item item{.lead = place.target + (place.server.empty() ? "" : " (" + place.server + ")") + ": " + sentence_of(place, language_),
                .remark = place_of(place),
                .details = {}};
      if (place.at) item.details.push_back({text("When", "时间"), diagnose::date_text(*place.at)});
      for (const Text& one : place.weakened) item.details.push_back({"", one.in(language_)});
      if (!place.would_log.empty() && outlook == Outlook::weakens)
        item.details.push_back({text("nginx will log", "nginx 将记录"), place.would_log});
      if (group.places.size() > 1)
        item.details.push_back(
            {"", counted(language_, group.places.size() - 1, "more place like it", "more places like it", "个同样的位置")});
      items.push_back(std::move(item));
    }
    page_.list(ListStyle::bullets, items);
    if (groups.size() > kShownOfAList)
      page_.note(counted(language_, groups.size() - kShownOfAList, "more; --format json lists all", "more; --format json lists all",
                         "个未显示；--format json 列出全部"));
  }

  void write_notes(std::string_view heading, const std::vector<std::string>& notes) {
    if (notes.empty()) return;
    page_.heading(heading);
    for (std::size_t i = 0; i < notes.size() && i < kShownOfAList; ++i) page_.note(notes[i]);
    if (notes.size() > kShownOfAList) page_.note(counted(language_, notes.size() - kShownOfAList, "more", "more", "个未显示"));
  }

  void write_rest() {
    write_notes(say("Files that are not here", "此处缺少的文件"), report_.missing_files);
    write_notes(say("Besides", "另外"), report_.remarks);
    write_notes(say("Connections made", "所建立的连接"), report_.probes);
  }

  Document& page_;
  const diagnose::PreflightReport& report_;
  const diagnose::PlannedChange& change_;
  Language language_;
};

std::string chain_words(const diagnose::PeerChain& one) {
  std::string words;
  for (const diagnose::Certificate& certificate : one.chain)
    words += (words.empty() ? "" : " ← ") + diagnose::short_name(certificate.facts());
  return words;
}

}  // namespace

std::vector<Text> change_sentences(const diagnose::PlannedChange& change) {
  std::vector<Text> sentences;
  if (change.is_configuration) sentences.push_back({"another configuration of nginx", "另一份 nginx 配置"});
  for (const diagnose::PeerChain& one : change.chains)
    sentences.push_back(
        {one.written + " presents " + one.source + ": " + chain_words(one), one.written + " 出示 " + one.source + "：" + chain_words(one)});
  for (const diagnose::PlannedFile& one : change.files) {
    const std::string path = one.path.empty() ? "the certificates with the same names" : one.path;
    sentences.push_back(
        {one.source + " in the place of " + path, one.source + " 代替 " + (one.path.empty() ? "名称相同的证书" : one.path)});
  }
  if (change.at) sentences.push_back({"the date is " + diagnose::date_text(*change.at), "日期为 " + diagnose::date_text(*change.at)});
  if (change.until)
    sentences.push_back(
        {"every date until " + diagnose::date_text(*change.until), "直到 " + diagnose::date_text(*change.until) + " 的每个日期"});
  if (!change.openssl.empty()) {
    sentences.push_back({"OpenSSL " + change.openssl + ", security level " + std::to_string(change.security_level.value_or(1)) +
                             " unless a build or openssl.cnf says otherwise (--security-level)",
                         "OpenSSL " + change.openssl + "，安全级别 " + std::to_string(change.security_level.value_or(1)) +
                             "（除非构建或 openssl.cnf 另有规定，见 --security-level）"});
    for (const diagnose::ChangedDefault& one : diagnose::openssl_changes("3.0", change.openssl))
      sentences.push_back({one.what.en + " (" + one.source + ")", one.what.zh + "（" + one.source + "）"});
  } else if (change.security_level) {
    sentences.push_back({"security level " + std::to_string(*change.security_level), "安全级别 " + std::to_string(*change.security_level)});
  }
  if (change.nginx.is_known()) {
    sentences.push_back({"nginx " + change.nginx.text(), "nginx " + change.nginx.text()});
    for (const diagnose::ChangedDefault& one : diagnose::nginx_changes(change.nginx_in_use, change.nginx))
      sentences.push_back({one.what.en + " (" + one.source + ")", one.what.zh + "（" + one.source + "）"});
  }
  return sentences;
}

std::string_view outlook_words(Language language, Outlook outlook) {
  switch (outlook) {
    case Outlook::unaffected: return say(language, "not concerned", "不受影响");
    case Outlook::works: return say(language, "still works", "仍然正常");
    case Outlook::cured: return say(language, "cured", "将被修复");
    case Outlook::weakens: return say(language, "weaker", "变弱");
    case Outlook::broken_already: return say(language, "broken already", "目前已故障");
    case Outlook::cannot_tell: return say(language, "cannot tell", "无法判断");
    case Outlook::breaks: return say(language, "breaks", "将出故障");
  }
  return {};
}

std::string sentence_of(const Forecast& place, Language language) {
  if (place.outlook == Outlook::cannot_tell) return place.missing.in(language);
  if (!place.reason.empty()) return place.reason.in(language);
  if (place.outlook == Outlook::weakens && !place.weakened.empty()) return place.weakened.front().in(language);
  return place.then.in(language);
}

void write_preflight_report(Document& page, const diagnose::PreflightReport& report, const diagnose::PlannedChange& change,
                            Language language) {
  PreflightDocument(page, report, change, language).write();
}

}  // namespace handshaked::cli
