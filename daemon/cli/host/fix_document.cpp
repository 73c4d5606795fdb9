#include "cli/host/fix_document.h"

#include "base/json/json_writer.h"
#include "base/text/visible_text.h"
#include "cli/document/words.h"
#include "cli/texts.h"

namespace handshaked::cli {
namespace {

/// Each line made fit to be looked at; further ones behind `indentation`.
std::string visible_lines(std::string_view text, std::string_view indentation) {
  std::string out;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    if (!out.empty()) out += "\n" + std::string(indentation);
    out += visible_text(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

void add_comment(std::string& out, std::string_view text) {
  if (!text.empty()) out += "# " + visible_lines(text, "#   ") + "\n";
}

std::string step_words(const Texts& say, std::string_view name) {
  if (name == "patch") return say("step.patch");
  if (name == "trial") return say("step.trial");
  if (name == "backup") return say("step.backup");
  if (name == "write") return say("step.write");
  if (name == "nginx_t") return say("step.nginx_t");
  if (name == "reload") return say("step.reload");
  if (name == "verify") return say("step.verify");
  if (name == "record") return say("step.record");
  if (name == "rollback") return say("step.rollback");
  return say("step.rollback_reload");
}

std::string doer_words(const Texts& say, diagnose::Owner owner) {
  switch (owner) {
    case diagnose::Owner::proxy: return say("who.proxy");
    case diagnose::Owner::upstream: return say("who.upstream");
    case diagnose::Owner::client: return say("who.client");
    case diagnose::Owner::ca: return say("who.ca");
    case diagnose::Owner::network: return say("who.network");
  }
  return {};
}

std::string outcome_words(const Texts& say, FixOutcome outcome, FixReport::Deed deed) {
  if (deed == FixReport::Deed::undone &&
      (outcome == FixOutcome::applied || outcome == FixOutcome::unverified))
    return say("outcome.reverted");
  if (deed == FixReport::Deed::undone && outcome == FixOutcome::rolled_back)
    return say("outcome.not_reverted");
  switch (outcome) {
    case FixOutcome::applied: return say("outcome.applied");
    case FixOutcome::unverified:
      return say(deed == FixReport::Deed::tried ? "outcome.accepted" : "outcome.unverified");
    case FixOutcome::refused: return say("outcome.refused");
    case FixOutcome::rolled_back: return say("outcome.rolled_back");
    case FixOutcome::broken: return say("outcome.broken");
  }
  return {};
}

void write_fix(JsonWriter& json, std::size_t rank, const diagnose::Fix& fix, Language language) {
  json.key("fix").begin_object();
  if (rank > 0) json.member("rank", rank);
  json.member("id", fix.id)
      .member("owner", to_string(fix.owner))
      .member("title", fix.title.in(language));
  json.optional_member("how", fix.how.in(language)).member("unsafe", fix.is_unsafe);
  json.member("patch", fix.patch)
      .array("commands", fix.commands)
      .optional_member("message", fix.message.in(language));
  json.key("proof").begin_object().member("status", to_string(fix.proof.status));
  json.optional_member("method", to_string(fix.proof.method))
      .optional_member("detail", fix.proof.detail.in(language))
      .end_object();
  json.end_object();
}

}  // namespace

Item fix_item(const diagnose::Fix& fix, std::string remark, Language language) {
  const Texts say(host_texts(), language);
  Item item{.lead = fix.title.in(language), .remark = std::move(remark), .details = {}};
  if (fix.is_unsafe) item.details.push_back({say("fix.careful"), say("fix.weakens")});
  if (!fix.how.empty()) item.details.push_back({say("fix.how"), fix.how.in(language)});
  item.details.push_back({say("fix.proof"), proof_words(language, fix.proof)});
  if (!fix.message.empty())
    item.details.push_back({say("fix.send_this"), fix.message.in(language)});
  return item;
}

std::string fix_text(const std::string& incident, std::size_t rank, const diagnose::Fix& fix,
                     Language language) {
  const Texts say(host_texts(), language);
  std::string out;
  const auto add_labelled = [&](std::string_view label, const std::string& text) {
    if (!text.empty()) add_comment(out, say(label, {{"text", text}}));
  };
  add_labelled("fix.incident", incident);
  add_comment(out, say("fix.ranked", {{"rank", std::to_string(rank)},
                                      {"fix", fix.id},
                                      {"title", fix.title.in(language)}}));
  add_comment(out, fix.how.in(language));
  if (fix.is_unsafe) add_comment(out, say("fix.unsafe"));
  if (fix.patch.empty()) add_labelled("fix.no_patch", doer_words(say, fix.owner));
  if (!fix.proof.detail.empty()) add_comment(out, proof_words(language, fix.proof));
  for (const std::string& command : fix.commands) add_labelled("fix.run", command);
  add_labelled("fix.send", fix.message.in(language));
  out += fix.patch;
  return out;
}

std::string fix_json(const std::string& incident, std::size_t rank, const diagnose::Fix& fix,
                     Language language) {
  std::string out;
  JsonWriter json(out);
  json.begin_object().member("incident", incident);
  write_fix(json, rank, fix, language);
  json.end_object();
  return out + "\n";
}

std::string fix_report_text(const FixReport& report, const diagnose::Fix& fix, Language language) {
  const Texts say(host_texts(), language);
  std::string out = visible_text(fix.title.in(language)) + "\n";
  for (const FixStep& one : report.steps) {
    out += one.succeeded ? "  ok    " : "  FAIL  ";
    out += step_words(say, one.name);
    const std::string detail = visible_lines(one.detail.in(language), "          ");
    out += (detail.empty() ? "" : ": ") + detail + "\n";
  }
  if (!report.backup.empty())
    out += say("outcome.backup", {{"directory", visible_text(report.backup)}}) + "\n";
  out += outcome_words(say, report.outcome, report.deed);
  return out + "\n";
}

std::string fix_report_json(const std::string& incident, const FixReport& report,
                            const diagnose::Fix& fix, Language language) {
  std::string out;
  JsonWriter json(out);
  json.begin_object()
      .member("incident", incident)
      .member("outcome", to_string(report.outcome))
      .optional_member("backup", report.backup);
  json.key("steps").begin_array();
  for (const FixStep& one : report.steps) {
    json.begin_object().member("step", one.name).member("ok", one.succeeded);
    json.optional_member("detail", one.detail.in(language)).end_object();
  }
  json.end_array();
  write_fix(json, 0, fix, language);
  json.end_object();
  return out + "\n";
}

}  // namespace handshaked::cli
