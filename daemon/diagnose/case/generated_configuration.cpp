#include "diagnose/case/generated_configuration.h"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>

#include "diagnose/case/controller_setting.h"
#include "diagnose/case/local_case.h"

namespace handshaked::diagnose {
namespace {

using Form = ControllerSetting::Form;
using nginx::Configuration;
using nginx::Directive;

/// What a block of the configuration was made from.
struct Origin {
  std::string kind = {};  ///< "ingress", "virtualserver", "virtualserverroute"; empty: not told
  std::string name_space = {}, name = {};
  std::string service = {};
  SnippetScope scope = SnippetScope::http;
};

/// The value of `set $name value;` in the block itself; empty: there is none.
std::string_view variable(const Directive& block, std::string_view name) {
  for (const Directive* const set : block.find("set")) {
    if (set->argument(0) == name) return set->argument(1);
  }
  return {};
}

const Directive* find_below(const Directive& block, const auto& is_it) {
  for (const Directive& one : block.block) {
    if (is_it(one)) return &one;
    if (const Directive* const found = find_below(one, is_it)) return found;
  }
  return nullptr;
}

std::optional<Controller> writer_of(const Configuration& configuration) {
  const auto begins_as_ingress = [](const auto& file) {
    const std::size_t begin = file->text.find_first_not_of(" \t\r\n");
    return begin != std::string::npos && file->text.compare(begin, 24, "# Configuration checksum") == 0;
  };
  const auto& files = configuration.files();
  if (std::any_of(files.begin(), files.end(), begins_as_ingress)) return Controller::ingress_nginx;
  const Directive* const mark = find_below(configuration.root(), [](const Directive& one) {
    return (one.is("set") && (one.argument(0) == "$resource_type" || one.argument(0) == "$ingress_name")) ||
           (one.is("js_preload_object") && one.argument(2).ends_with("/matches.json"));
  });
  if (mark == nullptr) return std::nullopt;
  if (mark->is("js_preload_object")) return Controller::gateway_fabric;
  return mark->argument(0) == "$ingress_name" ? Controller::ingress_nginx : Controller::nginx_controller;
}

std::uint32_t last_line(const Directive& block) {
  const std::string_view text = nginx::raw_text(block, block.raw);
  return block.line + static_cast<std::uint32_t>(std::count(text.begin(), text.end(), '\n'));
}

/// The innermost block that stands around a line.
const Directive* block_at(const Directive& around, std::string_view file, std::uint32_t line) {
  for (const Directive& one : around.block) {
    if (!one.has_block || one.is_lua) continue;
    const bool is_here = one.file != nullptr && one.file->path == file;
    if (is_here && (line < one.line || line > last_line(one))) continue;
    if (const Directive* const inner = block_at(one, file, line)) return inner;
    if (is_here) return &one;
  }
  return nullptr;
}

void read_variables(const Directive& block, Origin& origin) {
  const auto take = [&block](std::string& into, std::string_view name) {
    if (into.empty()) into = variable(block, name);
  };
  if (const std::string_view ingress = variable(block, "$ingress_name"); !ingress.empty() && origin.name.empty()) {
    origin.kind = "ingress";
    origin.name = ingress;
    origin.name_space = variable(block, "$namespace");
  }
  if (const std::string_view kind = variable(block, "$resource_type"); !kind.empty() && origin.kind.empty()) origin.kind = kind;
  if (const std::string_view name = variable(block, "$resource_name"); !name.empty() && origin.name.empty()) {
    origin.name = name;
    origin.name_space = variable(block, "$resource_namespace");
  }
  take(origin.service, "$service");
}

/// NGINX Gateway Fabric calls a group "namespace_service_port".
void read_group(const Directive& block, Origin& origin) {
  for (const char* const pass : {"proxy_pass", "grpc_pass"}) {
    const Directive* const found = block.find_first(pass);
    if (found == nullptr) continue;
    std::string_view group = found->argument(0);
    if (const std::size_t scheme = group.find("://"); scheme != std::string_view::npos) group.remove_prefix(scheme + 3);
    group = group.substr(0, group.find_first_of("/$"));
    const std::size_t first = group.find('_'), last = group.rfind('_');
    if (first == std::string_view::npos || first == last) continue;
    origin.name_space = group.substr(0, first);
    origin.service = group.substr(first + 1, last - first - 1);
  }
}

Origin origin_of(const Directive* block, Controller controller) {
  Origin origin;
  for (const Directive* around = block; around != nullptr; around = around->parent) {
    if (origin.scope == SnippetScope::http && around->is("location")) origin.scope = SnippetScope::location;
    if (origin.scope == SnippetScope::http && around->is("server")) origin.scope = SnippetScope::server;
    read_variables(*around, origin);
    if (controller == Controller::gateway_fabric) read_group(*around, origin);
  }
  // ingress-nginx says it in the locations alone; those of one server may be of several, of which the first comes.
  if (origin.name.empty() && origin.scope == SnippetScope::server) {
    const auto says = [](const Directive& one) { return !variable(one, "$ingress_name").empty(); };
    if (const Directive* const location = find_below(*block, says)) read_variables(*location, origin);
  }
  return origin;
}

std::string written_kind(const Origin& origin) {
  if (origin.kind == "ingress") return "Ingress";
  if (origin.kind == "virtualserver") return "VirtualServer";
  if (origin.kind == "virtualserverroute") return "VirtualServerRoute";
  return "";
}

/// "Ingress shop/web"; "Service shop/web" where only that is told.
std::string written(const Origin& origin) {
  const std::string kind = written_kind(origin);
  if (!kind.empty()) return kind + " " + origin.name_space + "/" + origin.name;
  return origin.service.empty() ? "" : "Service " + origin.name_space + "/" + origin.service;
}

/// What stands between the directive's name and its semicolon.
std::string arguments_of(std::string_view statement, std::string_view directive) {
  if (statement.starts_with(directive)) statement.remove_prefix(directive.size());
  while (!statement.empty() && (statement.back() == ';' || statement.back() == ' ')) statement.remove_suffix(1);
  const std::size_t begin = statement.find_first_not_of(" \t");
  return begin == std::string_view::npos ? std::string() : std::string(statement.substr(begin));
}

std::string value_of(const ControllerSetting& setting, const Change& change, const Origin& origin) {
  if (setting.key == "nginx.org/ssl-services") return origin.service;
  std::string value = arguments_of(change.after, change.directive);
  if (setting.directive == "proxy_pass") {
    const std::size_t end = value.find("://");
    std::string scheme = value.substr(0, end == std::string::npos ? 0 : end);
    if (setting.form == Form::true_or_false) return scheme == "https" || scheme == "grpcs" ? "true" : "false";
    std::transform(scheme.begin(), scheme.end(), scheme.begin(),
                   [](unsigned char letter) { return static_cast<char>(std::toupper(letter)); });
    return scheme;
  }
  if (setting.form == Form::true_or_false) return value == "on" ? "true" : "false";
  return value;
}

/// An edit in words, and kubectl's command for it, if one does it.
struct Edit {
  Text text;
  std::string command = {};
};

std::string annotate(const Origin& origin, std::string_view key, const std::string& value, bool is_removed) {
  if (origin.kind != "ingress" || origin.name.empty()) return {};
  const std::string word = is_removed ? std::string(key) + "-" : std::string(key) + "=" + value;
  return "kubectl -n " + shell_word(origin.name_space) + " annotate --overwrite ingress " + shell_word(origin.name) + " " +
         shell_word(word);
}

Edit setting_edit(const ControllerSetting& setting, const Change& change, const Origin& origin) {
  const std::string key(setting.key), part(setting.part), whose = written(origin);
  const std::string of = whose.empty() ? "" : " of the " + whose, at = whose.empty() ? "" : whose + " 的";
  const std::string value = value_of(setting, change, origin);
  const bool is_removed = change.after.empty() && !change.directive.empty();
  switch (setting.form) {
    case Form::annotation:
      if (is_removed)
        return {{"Remove the annotation " + key + of + ".", "删除 " + at + "注解 " + key + "。"}, annotate(origin, key, value, true)};
      return {{"Set the annotation " + key + ": \"" + value + "\"" + of + ".", "设置 " + at + "注解 " + key + ": \"" + value + "\"。"},
              annotate(origin, key, value, false)};
    case Form::config_map:
      return {{"In the controller's ConfigMap, for all servers: " + key + ": \"" + value + "\".",
               "在控制器的 ConfigMap 中设置（对所有 server 生效）：" + key + ": \"" + value + "\"。"}};
    case Form::secret:
      return {{"Change the entry " + part + " of the Secret that " + key + of + " names.",
               "修改 " + at + key + " 所指 Secret 中的 " + part + " 条目。"}};
    case Form::field:
    case Form::true_or_false: break;
  }
  const std::string what = is_removed ? key : key + ": " + value;
  if (part.empty()) return {{"Set " + what + of + ".", "设置 " + at + what + "。"}};
  return {{"In the " + part + of + " set " + what + ".", "在 " + at + part + " 中设置 " + what + "。"}};
}

Edit snippet_edit(Controller controller, const Change& change, const Origin& origin) {
  const std::string key(snippet_setting(controller, origin.kind, origin.scope)), whose = written(origin);
  const std::string of = whose.empty() ? "" : " of the " + whose, at = whose.empty() ? "" : whose + " 的";
  const std::string what = change.after.empty() ? change.before : change.after;
  const std::string place = controller == Controller::gateway_fabric ? "a SnippetsFilter with the context " + key
                            : origin.scope == SnippetScope::http     ? key + " in the controller's ConfigMap"
                                                                     : key + of;
  const std::string place_zh = controller == Controller::gateway_fabric ? "上下文为 " + key + " 的 SnippetsFilter"
                               : origin.scope == SnippetScope::http     ? "控制器 ConfigMap 的 " + key
                                                                        : at + key;
  if (change.after.empty())
    return {{"Where it says \"" + what + "\", remove it: a snippet, perhaps " + place + ".",
             "删除写有“" + what + "”的片段，可能在" + place_zh + "。"}};
  return {{"No setting is known for it: put \"" + what + "\" into " + place + ", where snippets are allowed.",
           "没有对应的已知设置：若允许使用片段，请将“" + what + "”写入" + place_zh + "。"}};
}

/// The directive that names a file of certificates.
const Directive* naming(const Configuration& configuration, const std::string& file) {
  return find_below(configuration.root(), [&](const Directive& one) {
    return one.name.find("ssl_") != std::string::npos && !one.argument(0).empty() &&
           configuration.full_path(one.argument(0), nginx::PathBase::configuration) == file;
  });
}

Edit edit_for(const Change& change, Controller controller, const Configuration& configuration, const Origin& of_place) {
  if (!change.directive.empty()) {
    const Directive* const block = block_at(configuration.root(), change.file, change.line);
    const Origin origin = block == nullptr ? of_place : origin_of(block, controller);
    const ControllerSetting* const setting = controller_setting(controller, origin.kind, change.directive);
    return setting == nullptr ? snippet_edit(controller, change, origin) : setting_edit(*setting, change, origin);
  }
  if (const Directive* const directive = naming(configuration, change.file)) {
    const Origin origin = origin_of(directive->parent, controller);
    const ControllerSetting* const setting = controller_setting(controller, origin.kind, directive->name);
    if (setting != nullptr && setting->form == Form::secret) return setting_edit(*setting, change, origin);
  }
  return {{"Change the Secret or the ConfigMap from which " + change.file + " comes.",
           "修改 " + change.file + " 所来自的 Secret 或 ConfigMap。"}};
}

}  // namespace

void name_what_owner_edits(Diagnosis& diagnosis, const Configuration& configuration) {
  const auto controller = writer_of(configuration);
  if (!controller) return;
  const std::string writer(to_string(*controller));
  Origin of_place;
  if (diagnosis.place) {
    if (const Directive* const block = block_at(configuration.root(), diagnosis.place->file, diagnosis.place->line))
      of_place = origin_of(block, *controller);
  }
  const std::string whose = written(of_place);
  diagnosis.evidence.push_back({"configuration",
                                {writer + " writes this configuration" + (whose.empty() ? "." : ", the place from the " + whose + "."),
                                 "该配置由 " + writer + " 生成" + (whose.empty() ? "。" : "，此处来自 " + whose + "。")}});
  for (Fix& fix : diagnosis.fixes) {
    if (fix.changes.empty()) continue;
    Text edits;
    std::vector<std::string> commands;
    bool is_of_file = false;
    for (const Change& change : fix.changes) {
      Edit edit = edit_for(change, *controller, configuration, of_place);
      if (edits.en.find(edit.text.en) == std::string::npos) {
        edits.en += edit.text.en + " ";
        edits.zh += edit.text.zh;
      }
      if (!edit.command.empty()) commands.push_back(std::move(edit.command));
      is_of_file = is_of_file || change.directive.empty();
    }
    edits.en += writer + " writes nginx's configuration itself: a patch to it is lost at the next reconciliation.";
    edits.zh += "nginx 的配置由 " + writer + " 生成，直接修改会在下次生成时丢失。";
    // What certificates go in, and how their fingerprints are compared, is said there alone.
    if (is_of_file) edits = {edits.en + " " + fix.how.en, edits.zh + fix.how.zh};
    fix.how = std::move(edits);
    fix.commands = std::move(commands);
    fix.patch.clear();
  }
}

}  // namespace handshaked::diagnose
