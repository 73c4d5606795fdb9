#include <algorithm>
#include <array>

#include "base/text/joined.h"
#include "diagnose/load/load_error_diagnosis.h"
#include "diagnose/texts.h"
#include "diagnose/tls/nearest_word.h"
#include "diagnose/tls/stand_in/tls_rehearsal.h"
#include "diagnose/tls/tls_words.h"

namespace handshaked::diagnose {
namespace {

template <class Visit>
void visit_all(const nginx::Directive& block, const Visit& visit) {
  for (const nginx::Directive& directive : block.block) {
    visit(directive);
    if (directive.has_block) visit_all(directive, visit);
  }
}

/// The first directive with that ending of its name and those arguments.
const nginx::Directive* find_value(const LocalCase& local, std::string_view name_ending,
                                   std::span<const std::string> arguments) {
  const nginx::Directive* found = nullptr;
  visit_all(local.configuration().root(), [&](const nginx::Directive& directive) {
    if (found != nullptr || !std::string_view(directive.name).ends_with(name_ending)) return;
    for (std::size_t i = 0; i < arguments.size(); ++i) {
      if (directive.argument(i) != arguments[i]) return;
    }
    found = &directive;
  });
  return found;
}

void propose(LocalCase& local, Fix fix, const ConfigurationPatch& patch, const Result<>& done) {
  local.propose(std::move(fix), changed_patch(patch, done));
}

/// nginx starts with a value, and may serve nobody with it: that is no cure. Of several ways to
/// write a directive the first that serves, else the first.
void propose_that_serves(LocalCase& local, Fix fix, const nginx::Directive& directive,
                         const std::vector<std::vector<std::string>>& ways) {
  std::optional<Text> first_refusal;
  std::size_t chosen = 0;
  std::vector<ConfigurationPatch> patches;
  for (const std::vector<std::string>& way : ways) {
    ConfigurationPatch patch = local.new_patch();
    Result<> done = success();
    for (std::size_t i = 0; done && i < way.size(); ++i) {
      if (directive.argument(i) != way[i]) done = patch.replace_argument(directive, i, way[i]);
    }
    if (!done) return local.propose(std::move(fix), done.error());
    patches.push_back(std::move(patch));
    auto refusal = who_is_refused(local, patches.back(), directive);
    if (!refusal) {
      chosen = patches.size() - 1;
      first_refusal.reset();
      break;
    }
    if (!first_refusal) first_refusal = std::move(refusal);
  }
  if (first_refusal)
    fix.proof = {
        .status = ProofStatus::untested, .method = ProofMethod::replay, .detail = *first_refusal};
  std::string after = directive.name;
  for (const std::string& word : ways[chosen]) after += " " + word;
  fix.title = load_text("value.write", {{"value", after}, {"place", where(directive)}});
  local.propose(std::move(fix), patches[chosen]);
}

/// With the groups that nearly everybody has: one that few have may leave nobody to talk to.
std::string with_common_groups(const std::string& groups) {
  std::string wider = groups;
  for (const std::string_view group : {"X25519", "prime256v1", "secp384r1"}) {
    if ((":" + groups + ":").find(":" + std::string(group) + ":") == std::string::npos)
      wider += ":" + std::string(group);
  }
  return wider;
}

void diagnose_curve(LocalCase& local, const LoadError& error) {
  local.conclude("config_curve_invalid", 0.95);
  const std::vector<std::string> arguments{std::string(error.subject())};
  const nginx::Directive* directive = find_value(local, "ssl_ecdh_curve", arguments);
  if (directive == nullptr) return;
  conclude_value(local, "config_curve_invalid", *directive, load_text("value.curve"));
  const auto corrected = corrected_curves(arguments.front());
  if (corrected)
    propose_that_serves(local, local.known("valid-curves"), *directive,
                        {{*corrected}, {with_common_groups(*corrected)}});
}

/// A client and a server agree on one of them, whatever key the certificate has: "NULL-MD5" is a
/// name as well.
bool is_usable(const std::string& ciphers) {
  for (const KeyKind& key : {KeyKind{"EC", 256}, KeyKind{"RSA", 2048}}) {
    const auto played = rehearse({{TlsVersion::tls1_2}, ciphers, {}, {}, {key}}, {});
    if (played && played.value().passed) return true;
  }
  return false;
}

void diagnose_ciphers(LocalCase& local, const LoadError& error) {
  local.conclude("config_ciphers_invalid", 0.95);
  const std::vector<std::string> arguments{std::string(error.subject())};
  const nginx::Directive* directive = find_value(local, "ssl_ciphers", arguments);
  if (directive == nullptr) return;
  conclude_value(local, "config_ciphers_invalid", *directive, load_text("value.no_suite"));
  const bool is_listener = directive->is("ssl_ciphers");
  const auto corrected = corrected_ciphers(arguments.front());
  const bool has_good = corrected && !corrected->ciphers.empty() && is_usable(corrected->ciphers);
  const std::string ciphers = has_good      ? corrected->ciphers
                              : is_listener ? "HIGH:!aNULL:!MD5"
                                            : "DEFAULT";
  if (!corrected || corrected->tls13.empty())
    return propose_that_serves(local, local.known("valid-names"), *directive, {{ciphers}});
  Fix fix = local.known("tls13-suites");
  ConfigurationPatch patch = local.new_patch();
  auto done = patch.replace_argument(*directive, 0, ciphers);
  const std::string suites = joined(corrected->tls13, ":");
  const std::string command =
      directive->name.substr(0, directive->name.size() - std::string_view("ciphers").size()) +
      "conf_command";
  const std::array<std::string, 2> words{"Ciphersuites", suites};
  if (done) done = patch.add_directive(*directive->parent, command, words);
  propose(local, std::move(fix), patch, done);
}

void diagnose_conf_command(LocalCase& local, const LoadError& error) {
  local.conclude("config_conf_command_invalid", 0.95);
  if (error.quoted.size() < 2) return;
  const nginx::Directive* directive = find_value(local, "ssl_conf_command", error.quoted);
  if (directive == nullptr) return;
  conclude_value(local, "config_conf_command_invalid", *directive, load_text("value.command"));
  auto corrected = corrected_conf_command(error.quoted[0], error.quoted[1]);
  // "TLSv1.4" is as near to one version as to another: the one that shuts out nobody who is
  // current.
  if (corrected && corrected->name == "MinProtocol" && corrected->value == "TLSv1.3" &&
      error.quoted[1] != "TLSv1.3")
    corrected->value = "TLSv1.2";
  Fix fix = local.known("correct-command");
  if (!corrected) {
    fix.commands = {"man SSL_CONF_cmd   # names and values for configuration files", kReload};
    return local.propose(std::move(fix));
  }
  std::vector<std::vector<std::string>> ways{{corrected->name, corrected->value}};
  if (corrected->name == "Groups" || corrected->name == "Curves")
    ways.push_back({corrected->name, with_common_groups(corrected->value)});
  propose_that_serves(local, std::move(fix), *directive, ways);
}

void diagnose_protocol_word(LocalCase& local, const LoadError& error) {
  static constexpr std::array<std::string_view, 4> kGood = {"TLSv1.3", "TLSv1.2", "TLSv1.1",
                                                            "TLSv1"};
  const nginx::Directive* directive = directive_at(local, error, "");
  if (directive == nullptr || !std::string_view(directive->name).ends_with("ssl_protocols")) return;
  conclude_value(local, "config_protocols_invalid", *directive,
                 load_text("value.version", {{"version", error.subject()}}));
  for (std::size_t i = 0; i < directive->arguments.size(); ++i) {
    if (directive->argument(i) != error.subject()) continue;
    const std::string meant = nearest_word(error.subject(), kGood).value_or("TLSv1.3");
    ConfigurationPatch patch = local.new_patch();
    std::vector<std::string> words;
    for (std::size_t j = 0; j < directive->arguments.size(); ++j) {
      std::string word = j == i ? meant : std::string(directive->argument(j));
      if (std::find(words.begin(), words.end(), word) == words.end())
        words.push_back(std::move(word));
    }
    Fix fix = local.known("valid-protocols");
    const auto done = words.size() == directive->arguments.size()
                          ? patch.replace_argument(*directive, i, meant)
                          : patch.set_directive(*directive->parent, directive->name, words);
    return propose(local, std::move(fix), patch, done);
  }
}

}  // namespace

void diagnose_dhparam(LocalCase& local, const LoadError& error, const ConfiguredFile& file) {
  const bool is_small = error.says("too small");
  const bool is_missing = error.says("No such file") || error.says("no such file");
  conclude_value(local,
                 is_small     ? "config_dhparam_too_small"
                 : is_missing ? "config_file_missing"
                              : "config_dhparam_invalid",
                 *file.directive,
                 is_small     ? load_text("value.dh_too_small", {{"file", file.path}})
                 : is_missing ? load_text("value.dh_file_gone", {{"file", file.path}})
                              : load_text("value.no_dh", {{"file", file.path}}));
  Fix fix = local.known(is_missing ? "put-file-or-fix-path" : "remove-dhparam");
  fix.title = load_text("value.remove_dh", {{"place", where(*file.directive)}});
  ConfigurationPatch patch = local.new_patch();
  const auto done = patch.remove(*file.directive);
  propose(local, std::move(fix), patch, done);
  Fix generate = local.known(is_small ? "generate-2048" : "generate-dhparam");
  generate.commands = {"openssl dhparam -out " + shell_word(file.path) + " 2048", kReload};
  if (!is_missing) local.propose(std::move(generate));
}

bool diagnose_value(LocalCase& local, const LoadError& error) {
  const auto head = [&](std::string_view words) { return error.head.starts_with(words); };
  if (head("SSL_CTX_set1_curves_list") || head("OBJ_sn2nid") || head("EC_KEY_new_by_curve_name") ||
      head("Unknown curve name") || head("Unable to create curve")) {
    diagnose_curve(local, error);
  } else if (head("SSL_CTX_set_cipher_list")) {
    diagnose_ciphers(local, error);
  } else if (head("SSL_CONF_cmd")) {
    diagnose_conf_command(local, error);
  } else if (head("invalid value ")) {
    diagnose_protocol_word(local, error);
  } else {
    return false;
  }
  return !local.diagnosis.cause.empty();
}

}  // namespace handshaked::diagnose
