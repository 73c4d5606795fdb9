#include "cli/host/fix_document.h"

#include "base/json/json_writer.h"
#include "base/text/visible_text.h"
#include "cli/document/words.h"

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

void add_comment(std::string& out, std::string_view label, std::string_view text) {
  if (text.empty()) return;
  out += "# ";
  out += label;
  out += visible_lines(text, "#   ") + "\n";
}

std::string_view proof_word(Language language, diagnose::ProofStatus status) {
  switch (status) {
    case diagnose::ProofStatus::proved: return say(language, "proved: ", "已证实：");
    case diagnose::ProofStatus::refuted: return say(language, "does not help: ", "已证伪：");
    case diagnose::ProofStatus::untested: break;
  }
  return say(language, "not tested: ", "未验证：");
}

std::string_view step_words(Language language, std::string_view name) {
  if (name == "patch") return say(language, "the patch fits the files", "补丁与文件相符");
  if (name == "trial") return say(language, "nginx -t on a copy", "在副本上运行 nginx -t");
  if (name == "backup") return say(language, "backup", "备份");
  if (name == "write") return say(language, "write the files", "写入文件");
  if (name == "nginx_t") return "nginx -t";
  if (name == "reload") return say(language, "reload nginx", "重载 nginx");
  if (name == "verify") return say(language, "verify", "验证");
  if (name == "record") return say(language, "keep a record for fix undo", "保存记录以便撤销");
  if (name == "rollback") return say(language, "undo", "撤销");
  return say(language, "reload nginx as it was", "按原配置重载 nginx");
}

std::string_view owner_words(Language language, diagnose::Owner owner) {
  switch (owner) {
    case diagnose::Owner::proxy: return say(language, "you, on this host", "您，在本机上");
    case diagnose::Owner::upstream: return say(language, "whoever runs the upstream", "上游的管理员");
    case diagnose::Owner::client: return say(language, "whoever runs the client", "客户端的管理员");
    case diagnose::Owner::ca: return say(language, "whoever runs the CA", "CA 的管理员");
    case diagnose::Owner::network: return say(language, "whoever runs the network between them", "中间网络的管理员");
  }
  return "";
}

std::string_view outcome_words(Language language, FixOutcome outcome, FixReport::Deed deed) {
  const bool was_applied = deed != FixReport::Deed::tried;
  if (deed == FixReport::Deed::undone && (outcome == FixOutcome::applied || outcome == FixOutcome::unverified))
    return say(language, "Reverted: every file is as it was before the fix.", "已还原：所有文件恢复为修复之前的内容。");
  if (deed == FixReport::Deed::undone && outcome == FixOutcome::rolled_back)
    return say(language, "Not reverted: the fix is still in place.", "未还原：修复仍然有效。");
  switch (outcome) {
    case FixOutcome::applied: return say(language, "Applied, and it works.", "已应用，故障已消除。");
    case FixOutcome::unverified:
      return was_applied ? say(language, "Applied; whether it works could not be verified yet.", "已应用；尚无法确认故障已消除。")
                         : say(language, "nginx would take it. Nothing was changed.", "nginx 会接受。未做任何更改。");
    case FixOutcome::refused: return say(language, "Not applied. Nothing was changed.", "未应用。未做任何更改。");
    case FixOutcome::rolled_back: return say(language, "Rolled back: everything is as it was.", "已撤销：一切恢复原状。");
    case FixOutcome::broken:
      return say(language, "ROLLBACK FAILED: act now. The original files are in the backup.", "撤销失败：请立即检查。原文件在备份中。");
  }
  return "";
}

void write_fix(JsonWriter& json, std::size_t rank, const diagnose::Fix& fix, Language language) {
  json.key("fix").begin_object();
  if (rank > 0) json.member("rank", rank);
  json.member("id", fix.id).member("owner", to_string(fix.owner)).member("title", fix.title.in(language));
  json.optional_member("how", fix.how.in(language)).member("unsafe", fix.is_unsafe);
  json.member("patch", fix.patch).array("commands", fix.commands).optional_member("message", fix.message.in(language));
  json.key("proof").begin_object().member("status", to_string(fix.proof.status));
  json.optional_member("method", to_string(fix.proof.method)).optional_member("detail", fix.proof.detail.in(language)).end_object();
  json.end_object();
}

}  // namespace

std::string fix_text(const std::string& incident, std::size_t rank, const diagnose::Fix& fix, Language language) {
  std::string out;
  add_comment(out, say(language, "Incident ", "事件 "), incident);
  add_comment(out, say(language, "Fix ", "修复 "), std::to_string(rank) + ", " + fix.id + ": " + fix.title.in(language));
  add_comment(out, "", fix.how.in(language));
  if (fix.is_unsafe) add_comment(out, "", say(language, "UNSAFE: it weakens a protection.", "不安全：会削弱保护。"));
  if (fix.patch.empty())
    add_comment(out, say(language, "No patch. To be done by: ", "没有补丁。应由谁处理："), owner_words(language, fix.owner));
  add_comment(out, proof_word(language, fix.proof.status), fix.proof.detail.in(language));
  for (const std::string& command : fix.commands) add_comment(out, say(language, "Run: ", "运行："), command);
  add_comment(out, say(language, "Send: ", "发送："), fix.message.in(language));
  out += fix.patch;
  return out;
}

std::string fix_json(const std::string& incident, std::size_t rank, const diagnose::Fix& fix, Language language) {
  std::string out;
  JsonWriter json(out);
  json.begin_object().member("incident", incident);
  write_fix(json, rank, fix, language);
  json.end_object();
  return out + "\n";
}

std::string fix_report_text(const FixReport& report, const diagnose::Fix& fix, Language language) {
  std::string out = visible_text(fix.title.in(language)) + "\n";
  for (const FixStep& one : report.steps) {
    out += one.succeeded ? "  ok    " : "  FAIL  ";
    out += step_words(language, one.name);
    const std::string detail = visible_lines(one.detail.in(language), "          ");
    out += (detail.empty() ? "" : ": ") + detail + "\n";
  }
  if (!report.backup.empty()) out += std::string(say(language, "Backup: ", "备份：")) + visible_text(report.backup) + "\n";
  out += outcome_words(language, report.outcome, report.deed);
  return out + "\n";
}

std::string fix_report_json(const std::string& incident, const FixReport& report, const diagnose::Fix& fix, Language language) {
  std::string out;
  JsonWriter json(out);
  json.begin_object().member("incident", incident).member("outcome", to_string(report.outcome)).optional_member("backup", report.backup);
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
