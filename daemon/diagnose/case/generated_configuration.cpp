#include "diagnose/case/generated_configuration.h"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>

#include "diagnose/case/controller_setting.h"
#include "diagnose/case/local_case.h"
#include "diagnose/texts.h"

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
    return begin != std::string::npos &&
           file->text.compare(begin, 24, "# Configuration checksum") == 0;
  };
  const auto& files = configuration.files();
  if (std::any_of(files.begin(), files.end(), begins_as_ingress)) return Controller::ingress_nginx;
  const Directive* const mark = find_below(configuration.root(), [](const Directive& one) {
    return (one.is("set") &&
            (one.argument(0) == "$resource_type" || one.argument(0) == "$ingress_name")) ||
           (one.is("js_preload_object") && one.argument(2).ends_with("/matches.json"));
  });
  if (mark == nullptr) return std::nullopt;
  if (mark->is("js_preload_object")) return Controller::gateway_fabric;
  return mark->argument(0) == "$ingress_name" ? Controller::ingress_nginx
                                              : Controller::nginx_controller;
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
  if (const std::string_view ingress = variable(block, "$ingress_name");
      !ingress.empty() && origin.name.empty()) {
    origin.kind = "ingress";
    origin.name = ingress;
    origin.name_space = variable(block, "$namespace");
  }
  if (const std::string_view kind = variable(block, "$resource_type");
      !kind.empty() && origin.kind.empty())
    origin.kind = kind;
  if (const std::string_view name = variable(block, "$resource_name");
      !name.empty() && origin.name.empty()) {
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
    if (const std::size_t scheme = group.find("://"); scheme != std::string_view::npos)
      group.remove_prefix(scheme + 3);
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
    if (origin.scope == SnippetScope::http && around->is("location"))
      origin.scope = SnippetScope::location;
    if (origin.scope == SnippetScope::http && around->is("server"))
      origin.scope = SnippetScope::server;
    read_variables(*around, origin);
    if (controller == Controller::gateway_fabric) read_group(*around, origin);
  }
  // ingress-nginx says it in the locations alone; those of one server may be of several, of which
  // the first comes.
  if (origin.name.empty() && origin.scope == SnippetScope::server) {
    const auto says = [](const Directive& one) { return !variable(one, "$ingress_name").empty(); };
    if (const Directive* const location = find_below(*block, says))
      read_variables(*location, origin);
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
  while (!statement.empty() && (statement.back() == ';' || statement.back() == ' '))
    statement.remove_suffix(1);
  const std::size_t begin = statement.find_first_not_of(" \t");
  return begin == std::string_view::npos ? std::string() : std::string(statement.substr(begin));
}

std::string value_of(const ControllerSetting& setting, const Change& change, const Origin& origin) {
  if (setting.key == "nginx.org/ssl-services") return origin.service;
  std::string value = arguments_of(change.after, change.directive);
  if (setting.directive == "proxy_pass") {
    const std::size_t end = value.find("://");
    std::string scheme = value.substr(0, end == std::string::npos ? 0 : end);
    if (setting.form == Form::true_or_false)
      return scheme == "https" || scheme == "grpcs" ? "true" : "false";
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

std::string annotate(const Origin& origin, std::string_view key, const std::string& value,
                     bool is_removed) {
  if (origin.kind != "ingress" || origin.name.empty()) return {};
  const std::string word = is_removed ? std::string(key) + "-" : std::string(key) + "=" + value;
  return "kubectl -n " + shell_word(origin.name_space) + " annotate --overwrite ingress " +
         shell_word(origin.name) + " " + shell_word(word);
}

Text named_owner(const std::string& owner) {
  return owner.empty() ? Text{} : diagnosis_text("owner.of", {{"owner", owner}});
}

Edit setting_edit(const ControllerSetting& setting, const Change& change, const Origin& origin) {
  const std::string_view key = setting.key, part = setting.part;
  const Text of_owner = named_owner(written(origin));
  const std::string value = value_of(setting, change, origin);
  const bool is_removed = change.after.empty() && !change.directive.empty();
  switch (setting.form) {
    case Form::annotation:
      return {is_removed
                  ? diagnosis_text("owner.remove_annotation",
                                   {{"annotation", key}, {"of_owner", of_owner}})
                  : diagnosis_text("owner.set_annotation",
                                   {{"annotation", key}, {"value", value}, {"of_owner", of_owner}}),
              annotate(origin, key, value, is_removed)};
    case Form::config_map:
      return {diagnosis_text("owner.set_in_config_map", {{"setting", key}, {"value", value}}), {}};
    case Form::secret:
      return {diagnosis_text("owner.change_secret",
                             {{"entry", part}, {"setting", key}, {"of_owner", of_owner}}),
              {}};
    case Form::field:
    case Form::true_or_false: break;
  }
  const std::string what = is_removed ? std::string(key) : std::string(key) + ": " + value;
  return {part.empty()
              ? diagnosis_text("owner.set", {{"setting", what}, {"of_owner", of_owner}})
              : diagnosis_text("owner.set_in_part",
                               {{"part", part}, {"of_owner", of_owner}, {"setting", what}}),
          {}};
}

Edit snippet_edit(Controller controller, const Change& change, const Origin& origin) {
  const std::string key(snippet_setting(controller, origin.kind, origin.scope));
  const std::string& what = change.after.empty() ? change.before : change.after;
  const Text place =
      controller == Controller::gateway_fabric
          ? diagnosis_text("snippet.filter", {{"setting", key}})
      : origin.scope == SnippetScope::http
          ? diagnosis_text("snippet.config_map", {{"setting", key}})
          : diagnosis_text("snippet.annotation",
                           {{"setting", key}, {"of_owner", named_owner(written(origin))}});
  return {diagnosis_text(change.after.empty() ? "snippet.remove" : "snippet.add",
                         {{"directive", what}, {"place", place}}),
          {}};
}

/// The directive that names a file of certificates.
const Directive* naming(const Configuration& configuration, const std::string& file) {
  return find_below(configuration.root(), [&](const Directive& one) {
    return one.name.find("ssl_") != std::string::npos && !one.argument(0).empty() &&
           configuration.full_path(one.argument(0), nginx::PathBase::configuration) == file;
  });
}

Edit edit_for(const Change& change, Controller controller, const Configuration& configuration,
              const Origin& of_place) {
  if (!change.directive.empty()) {
    const Directive* const block = block_at(configuration.root(), change.file, change.line);
    const Origin origin = block == nullptr ? of_place : origin_of(block, controller);
    const ControllerSetting* const setting =
        controller_setting(controller, origin.kind, change.directive);
    return setting == nullptr ? snippet_edit(controller, change, origin)
                              : setting_edit(*setting, change, origin);
  }
  if (const Directive* const directive = naming(configuration, change.file)) {
    const Origin origin = origin_of(directive->parent, controller);
    const ControllerSetting* const setting =
        controller_setting(controller, origin.kind, directive->name);
    if (setting != nullptr && setting->form == Form::secret)
      return setting_edit(*setting, change, origin);
  }
  return {diagnosis_text("owner.change_source", {{"file", change.file}})};
}

}  // namespace

void name_what_owner_edits(Diagnosis& diagnosis, const Configuration& configuration) {
  const auto controller = writer_of(configuration);
  if (!controller) return;
  const std::string writer(to_string(*controller));
  Origin of_place;
  if (diagnosis.place) {
    if (const Directive* const block =
            block_at(configuration.root(), diagnosis.place->file, diagnosis.place->line))
      of_place = origin_of(block, *controller);
  }
  const std::string whose = written(of_place);
  diagnosis.evidence.push_back(
      {"configuration", whose.empty() ? diagnosis_text("owner.writes", {{"writer", writer}})
                                      : diagnosis_text("owner.writes_place",
                                                       {{"writer", writer}, {"owner", whose}})});
  for (Fix& fix : diagnosis.fixes) {
    if (fix.changes.empty()) continue;
    Text edits;
    const auto add = [&edits](const Text& edit) {
      edits = edits.empty() ? edit
                            : diagnosis_text("owner.next_edit", {{"edits", edits}, {"edit", edit}});
    };
    std::vector<std::string> commands;
    bool is_of_file = false;
    for (const Change& change : fix.changes) {
      Edit edit = edit_for(change, *controller, configuration, of_place);
      if (edits.en.find(edit.text.en) == std::string::npos) add(edit.text);
      if (!edit.command.empty()) commands.push_back(std::move(edit.command));
      is_of_file = is_of_file || change.directive.empty();
    }
    add(diagnosis_text("owner.patch_is_lost", {{"writer", writer}}));
    // What certificates go in, and how their fingerprints are compared, is said there alone.
    if (is_of_file) add(fix.how);
    fix.how = std::move(edits);
    fix.commands = std::move(commands);
    fix.patch.clear();
  }
}

}  // namespace handshaked::diagnose
