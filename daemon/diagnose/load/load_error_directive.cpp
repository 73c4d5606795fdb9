#include <algorithm>
#include <array>

#include "diagnose/load/load_error_diagnosis.h"
#include "diagnose/texts.h"
#include "diagnose/tls/nearest_word.h"
#include "nginx/configuration/inheritance.h"

namespace handshaked::diagnose {
namespace {

/// The directives of TLS, as far as one is worth guessing.
constexpr std::array<std::string_view, 62> kDirectives = {"ssl_certificate",
                                                          "ssl_certificate_key",
                                                          "ssl_protocols",
                                                          "ssl_ciphers",
                                                          "ssl_trusted_certificate",
                                                          "ssl_client_certificate",
                                                          "ssl_verify_client",
                                                          "ssl_verify_depth",
                                                          "ssl_crl",
                                                          "ssl_dhparam",
                                                          "ssl_ecdh_curve",
                                                          "ssl_prefer_server_ciphers",
                                                          "ssl_session_cache",
                                                          "ssl_session_timeout",
                                                          "ssl_session_tickets",
                                                          "ssl_session_ticket_key",
                                                          "ssl_stapling",
                                                          "ssl_stapling_verify",
                                                          "ssl_stapling_responder",
                                                          "ssl_stapling_file",
                                                          "ssl_ocsp",
                                                          "ssl_ocsp_responder",
                                                          "ssl_ocsp_cache",
                                                          "ssl_conf_command",
                                                          "ssl_password_file",
                                                          "ssl_reject_handshake",
                                                          "ssl_buffer_size",
                                                          "ssl_early_data",
                                                          "ssl_alpn",
                                                          "ssl_handshake_timeout",
                                                          "ssl_preread",
                                                          "proxy_ssl",
                                                          "proxy_ssl_verify",
                                                          "proxy_ssl_verify_depth",
                                                          "proxy_ssl_trusted_certificate",
                                                          "proxy_ssl_name",
                                                          "proxy_ssl_server_name",
                                                          "proxy_ssl_certificate",
                                                          "proxy_ssl_certificate_key",
                                                          "proxy_ssl_protocols",
                                                          "proxy_ssl_ciphers",
                                                          "proxy_ssl_crl",
                                                          "proxy_ssl_session_reuse",
                                                          "proxy_ssl_conf_command",
                                                          "proxy_ssl_password_file",
                                                          "grpc_ssl_verify",
                                                          "grpc_ssl_verify_depth",
                                                          "grpc_ssl_trusted_certificate",
                                                          "grpc_ssl_name",
                                                          "grpc_ssl_server_name",
                                                          "grpc_ssl_certificate",
                                                          "grpc_ssl_certificate_key",
                                                          "grpc_ssl_protocols",
                                                          "grpc_ssl_ciphers",
                                                          "grpc_ssl_crl",
                                                          "uwsgi_ssl_verify",
                                                          "uwsgi_ssl_verify_depth",
                                                          "uwsgi_ssl_trusted_certificate",
                                                          "uwsgi_ssl_name",
                                                          "uwsgi_ssl_server_name",
                                                          "uwsgi_ssl_certificate",
                                                          "uwsgi_ssl_certificate_key"};

template <class Visit>
void visit_all(const nginx::Directive& block, const Visit& visit) {
  for (const nginx::Directive& directive : block.block) {
    visit(directive);
    if (directive.has_block) visit_all(directive, visit);
  }
}

void propose(LocalCase& local, Fix fix, const ConfigurationPatch& patch, const Result<>& done) {
  local.propose(std::move(fix), changed_patch(patch, done));
}

std::vector<std::string> words_of(std::span<const nginx::Word> words) {
  std::vector<std::string> texts;
  for (const nginx::Word& word : words) texts.push_back(word.text);
  return texts;
}

/// "ssl on" of old: `listen … ssl` says the same.
void diagnose_ssl_on(LocalCase& local, const nginx::Directive& directive) {
  conclude_value(local, "config_directive_obsolete", directive, load_text("directive.listen_ssl"));
  ConfigurationPatch patch = local.new_patch();
  auto done = patch.remove(directive);
  const nginx::Directive& block = *directive.parent;
  for (const nginx::Directive* listen : block.find("listen")) {
    const bool has_ssl = std::any_of(listen->arguments.begin(), listen->arguments.end(),
                                     [](const nginx::Word& word) { return word.text == "ssl"; });
    if (done && directive.argument(0) == "on" && !has_ssl)
      done = patch.append_argument(*listen, "ssl");
  }
  propose(local, local.known("listen-ssl"), patch, done);
}

void diagnose_unknown_directive(LocalCase& local, const LoadError& error) {
  const nginx::Directive* directive = directive_at(local, error, error.subject());
  if (directive == nullptr) return;
  if (directive->is("ssl")) return diagnose_ssl_on(local, *directive);
  if (diagnose_newer_directive(local, error)) return;
  conclude_value(local, "config_directive_invalid", *directive, load_text("directive.unknown"));
  const auto meant = nearest_word(error.subject(), kDirectives);
  Fix fix = local.known("correct-line");
  if (!meant) return local.propose(std::move(fix));
  fix.title =
      load_text("directive.write_instead",
                {{"meant", *meant}, {"written", directive->name}, {"place", where(*directive)}});
  std::vector<std::string> arguments;
  for (const nginx::Word& word : directive->arguments) arguments.push_back(word.text);
  ConfigurationPatch patch = local.new_patch();
  auto done = patch.remove(*directive);
  if (done) done = patch.set_directive(*directive->parent, *meant, arguments);
  propose(local, std::move(fix), patch, done);
}

/// "yes" for "on", "optonal" for "optional".
std::optional<std::string> meant_value(std::string_view written, std::string_view directive) {
  static constexpr std::array<std::string_view, 4> kVerifyClient = {"on", "off", "optional",
                                                                    "optional_no_ca"};
  static constexpr std::array<std::string_view, 2> kSwitch = {"on", "off"};
  static constexpr std::array<std::string_view, 6> kYes = {"yes",    "true",    "1",
                                                           "enable", "enabled", "required"};
  static constexpr std::array<std::string_view, 6> kNo = {"no",      "false",    "0",
                                                          "disable", "disabled", "none"};
  const std::string lower = nginx::to_lower(written);
  if (std::find(kYes.begin(), kYes.end(), lower) != kYes.end()) return "on";
  if (std::find(kNo.begin(), kNo.end(), lower) != kNo.end()) return "off";
  return directive == "ssl_verify_client" ? nearest_word(lower, kVerifyClient)
                                          : nearest_word(lower, kSwitch);
}

/// `invalid value "yes" in "proxy_ssl_verify" directive, it must be "on" or "off"`.
void diagnose_switch(LocalCase& local, const LoadError& error, const nginx::Directive& directive) {
  const std::string written(error.subject());
  conclude_value(local, "config_directive_invalid", directive,
                 load_text("directive.value_refused", {{"value", written}}));
  Fix fix = local.known("correct-line");
  const auto meant = meant_value(written, directive.name);
  if (!meant || directive.arguments.size() != 1) return local.propose(std::move(fix));
  fix.title =
      load_text("directive.write_value",
                {{"directive", directive.name}, {"value", *meant}, {"place", where(directive)}});
  ConfigurationPatch patch = local.new_patch();
  const auto done = patch.replace_argument(directive, 0, *meant);
  propose(local, std::move(fix), patch, done);
}

/// Too many arguments, of which one begins a line: the ';' of the line before it is missing.
void diagnose_missing_semicolon(LocalCase& local, const nginx::Directive& directive) {
  conclude_value(local, "config_directive_invalid", directive,
                 load_text("directive.arguments_wrong"));
  Fix fix = local.known("correct-line");
  const auto& words = directive.arguments;
  const auto next = std::find_if(words.begin(), words.end(), [&](const nginx::Word& word) {
    const std::uint32_t before = &word == words.data() ? directive.line : (&word - 1)->line;
    return word.line > before;
  });
  if (next == words.end() || next == words.begin()) return local.propose(std::move(fix));
  const std::span<const nginx::Word> own(words.begin(), next), following(next + 1, words.end());
  fix.title = load_text(
      "directive.semicolon",
      {{"directive", directive.name}, {"value", own.front().text}, {"place", where(directive)}});
  ConfigurationPatch patch = local.new_patch();
  auto done = patch.remove(directive);
  if (done) done = patch.add_directive(*directive.parent, directive.name, words_of(own));
  if (done) done = patch.add_directive(*directive.parent, next->text, words_of(following));
  propose(local, std::move(fix), patch, done);
}

/// Where a directive that stands in an upstream group belongs: the only place that passes to the
/// group. Else its server.
const nginx::Directive* rightful_block(const LocalCase& local, const nginx::Directive& directive) {
  if (!directive.parent->is("upstream")) return nginx::enclosing(*directive.parent, "server");
  const nginx::Directive* found = nullptr;
  for (const nginx::PassTarget& target : local.surroundings().nginx->passes.targets()) {
    const bool is_meant = std::any_of(
        target.destinations.begin(), target.destinations.end(), [&](const nginx::Destination& one) {
          return one.group != nullptr && one.group->name == directive.parent->argument(0);
        });
    if (!is_meant) continue;
    if (found != nullptr) return nullptr;
    found = target.location != nullptr ? target.location : target.server->directive;
  }
  return found;
}

/// `"ssl_certificate" directive is not allowed here`.
void diagnose_misplaced(LocalCase& local, const nginx::Directive& directive) {
  if (diagnose_too_early_in_stream(local, directive)) return;
  conclude_value(
      local, "config_directive_invalid", directive,
      load_text("directive.not_in_block", {{"block", nginx::describe_block(*directive.parent)}}));
  Fix fix = local.known("correct-line");
  const nginx::Directive* const block = rightful_block(local, directive);
  if (block == nullptr || block == directive.parent || block->find_first(directive.name) != nullptr)
    return local.propose(std::move(fix));
  fix.title = load_text("directive.move", {{"directive", directive.name},
                                           {"place", where(directive)},
                                           {"block", nginx::describe_block(*block)},
                                           {"there", where(*block)}});
  ConfigurationPatch patch = local.new_patch();
  auto done = patch.remove(directive);
  if (done) done = patch.set_directive(*block, directive.name, words_of(directive.arguments));
  propose(local, std::move(fix), patch, done);
}

/// `"proxy_ssl_verify" directive is duplicate`. Two that say the same are one; which of two others
/// is meant nobody here can tell.
void diagnose_repeated(LocalCase& local, const nginx::Directive& directive) {
  conclude_value(local, "config_directive_invalid", directive, load_text("directive.stands_twice"));
  Fix fix = local.known("correct-line");
  const auto all = directive.parent->find(directive.name);
  const bool are_same = std::all_of(all.begin(), all.end(), [&](const nginx::Directive* one) {
    return words_of(one->arguments) == words_of(directive.arguments);
  });
  if (!are_same) return local.propose(std::move(fix));
  fix.title = load_text("directive.remove_second",
                        {{"directive", directive.name}, {"place", where(directive)}});
  ConfigurationPatch patch = local.new_patch();
  const auto done = patch.remove(directive);
  propose(local, std::move(fix), patch, done);
}

}  // namespace

/// The directive whose text ends in, or covers, a line of a file: nginx names the line of the ';'.
const nginx::Directive* directive_at(const LocalCase& local, const LoadError& error,
                                     std::string_view name) {
  const nginx::Directive* found = nullptr;
  visit_all(local.configuration().root(), [&](const nginx::Directive& directive) {
    const bool is_here = directive.file != nullptr && directive.file->path == error.file &&
                         directive.line <= error.line;
    if (is_here && (name.empty() || directive.is(name))) {
      if (found == nullptr || directive.line >= found->line) found = &directive;
    }
  });
  return found;
}

void conclude_value(LocalCase& local, std::string cause, const nginx::Directive& directive,
                    const Text& what) {
  local.set_place(directive);
  std::string statement = directive.name;
  for (const nginx::Word& word : directive.arguments) statement += " " + word.text;
  local.conclude(
      std::move(cause), 0.95,
      load_text("directive.fault",
                {{"place", where(directive)}, {"statement", statement}, {"problem", what}}));
}

bool diagnose_swallowed_line(LocalCase& local, const LoadError& error) {
  if (!error.head.starts_with("invalid value ") && !error.head.starts_with("invalid parameter "))
    return false;
  const bool is_directive =
      std::find(kDirectives.begin(), kDirectives.end(), error.subject()) != kDirectives.end();
  const nginx::Directive* const directive = is_directive ? directive_at(local, error, {}) : nullptr;
  if (directive == nullptr || directive->parent == nullptr) return false;
  const auto& words = directive->arguments;
  const auto next = std::find_if(words.begin(), words.end(), [&](const nginx::Word& word) {
    return word.text == error.subject();
  });
  if (next == words.end() || next == words.begin() || next->line == (next - 1)->line) return false;
  diagnose_missing_semicolon(local, *directive);
  return true;
}

bool diagnose_directive(LocalCase& local, const LoadError& error) {
  const std::string& message = local.symptom().message;
  const auto is_about = [&](std::string_view words) {
    return message.find(words) != std::string::npos;
  };
  if (error.head.starts_with("unknown directive ")) {
    diagnose_unknown_directive(local, error);
    return !local.diagnosis.cause.empty();
  }
  if (error.head.starts_with("invalid parameter ")) return diagnose_listen_parameter(local, error);
  if (error.head.starts_with("the ") && error.subject() == "ssl" && is_about("deprecated")) {
    const nginx::Directive* const ssl = directive_at(local, error, "ssl");
    if (ssl != nullptr) diagnose_ssl_on(local, *ssl);
    return ssl != nullptr;
  }
  const bool is_switch = error.head.starts_with("invalid value ") && error.quoted.size() >= 2;
  const nginx::Directive* const directive =
      directive_at(local, error, is_switch ? error.quoted[1] : error.subject());
  if (directive == nullptr || directive->parent == nullptr) return false;
  if (is_switch && is_about("it must be")) diagnose_switch(local, error, *directive);
  else if (error.head.starts_with("invalid number of arguments in "))
    diagnose_missing_semicolon(local, *directive);
  else if (is_about("directive is not allowed here")) diagnose_misplaced(local, *directive);
  else if (is_about("directive is duplicate")) diagnose_repeated(local, *directive);
  else return false;
  return true;
}

}  // namespace handshaked::diagnose
