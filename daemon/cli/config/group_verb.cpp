#include "cli/config/group_verb.h"

#include <simdjson.h>

#include <cstdio>

#include "base/json/json_writer.h"
#include "base/text/visible_text.h"
#include "cli/command_line/exit_code.h"
#include "cli/document/output.h"
#include "cli/log/log_reading.h"
#include "cli/operator/operator_document.h"
#include "cli/texts.h"
#include "config/config_file.h"

namespace handshaked::cli {
namespace {

using engine::GroupPart;

int print_group(std::string text) {
  Output output = Output::standard();
  output.buffer() = std::move(text);
  const auto flushed = output.flush();
  if (!flushed) complain_about(flushed.error());
  return flushed ? kExitDone : kExitInternal;
}

int refuse(const Error& error) {
  std::fprintf(stderr, "handshaked: %s\n", visible_text(error.message()).c_str());
  switch (error.code()) {
    case ErrorCode::network:
    case ErrorCode::timeout: return kExitUnavailable;
    default: return kExitNothing;
  }
}

std::string_view state_name(const GroupPart& part, bool is_dry_run) {
  switch (part.state) {
    case GroupPart::State::there: return "there";
    case GroupPart::State::made: return "made";
    case GroupPart::State::missing: break;
  }
  return is_dry_run ? "would_be_made" : "missing";
}

std::string setup_text(const std::vector<GroupPart>& parts, const std::vector<std::string>& unread,
                       const GroupOptions& options) {
  const Texts say(config_texts(), options.language);
  std::string out;
  for (const GroupPart& part : parts) {
    const std::string_view state = part.state == GroupPart::State::there  ? "part.there"
                                   : part.state == GroupPart::State::made ? "part.made"
                                                                          : "part.missing";
    out +=
        say(state, {{"part", visible_text(part.what)}, {"settings", visible_text(part.settings)}}) +
        "\n";
  }
  for (const std::string& subject : unread)
    out += say("part.unread", {{"lines", visible_text(subject)}}) + "\n";
  return out;
}

std::string setup_json(const std::vector<GroupPart>& parts, const std::vector<std::string>& unread,
                       const GroupOptions& options) {
  std::string out;
  JsonWriter json(out);
  json.begin_object().key("parts").begin_array();
  for (const GroupPart& part : parts)
    json.begin_object()
        .member("what", part.what)
        .member("settings", part.settings)
        .member("state", state_name(part, options.is_dry_run))
        .end_object();
  json.end_array().array("unread_subjects", unread).end_object();
  return out + "\n";
}

int set_up(const config::Config& config, const GroupOptions& options,
           const GroupQuestions& questions) {
  const auto parts = questions.set_up(config, !options.is_dry_run);
  if (!parts) return refuse(parts.error());
  const auto unread =
      questions.unread_lines(config);  // before the stream is made there is nothing to ask
  const std::vector<std::string> subjects = unread ? unread.value() : std::vector<std::string>();
  return print_group(options.json ? setup_json(parts.value(), subjects, options)
                                  : setup_text(parts.value(), subjects, options));
}

int show(const config::Config& config, const GroupOptions& options,
         const GroupQuestions& questions) {
  const auto group = questions.group_json(config);
  if (!group) return refuse(group.error());
  if (options.json) return print_group(group.value() + "\n");
  simdjson::dom::parser parser;
  return print_group(group_tables(parser.parse(group.value()).value(), options.language));
}

}  // namespace

int run_group(const GroupOptions& options, const GroupQuestions& questions) {
  const config::LoadedConfig loaded = config::load_named_config(options.config_file);
  for (const config::ConfigProblem& problem : loaded.problems)
    std::fprintf(stderr, "%s\n", visible_text(problem.message()).c_str());
  if (!loaded.problems.empty()) return kExitConfiguration;
  if (loaded.config.group.name.empty()) {
    std::fprintf(stderr, "handshaked: the configuration has no section [group]\n");
    return kExitConfiguration;
  }
  return options.verb == GroupOptions::Verb::setup ? set_up(loaded.config, options, questions)
                                                   : show(loaded.config, options, questions);
}

}  // namespace handshaked::cli
