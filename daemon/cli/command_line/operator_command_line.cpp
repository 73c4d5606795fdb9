#include "cli/command_line/command_line_parts.h"

#include <CLI/CLI.hpp>

#include <charconv>
#include <list>

#include "cli/command_line/verb_options.h"

namespace handshaked::cli {
namespace {

/// "90m", "2h", "1d12h" in seconds.
std::optional<std::uint64_t> seconds_of(std::string_view text) {
  std::uint64_t total = 0;
  while (!text.empty()) {
    std::uint64_t number = 0;
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (failure != std::errc() || number > 1'000'000 || end == text.data() + text.size())
      return std::nullopt;
    const std::uint64_t unit = *end == 's'   ? 1
                               : *end == 'm' ? 60
                               : *end == 'h' ? 3600
                               : *end == 'd' ? 86400
                               : *end == 'w' ? 604800
                                             : 0;
    if (unit == 0) return std::nullopt;
    total += number * unit;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()) + 1);
  }
  return total == 0 ? std::nullopt : std::optional(total);
}

}  // namespace

/// One verb and what it collects; addresses are stable, because CLI11 writes into them.
struct OperatorCommandLine::Verbs {
  struct Verb {
    CLI::App* app = nullptr;
    OperatorOptions options;
  };
  std::list<Verb> all;

  Verb& add(CLI::App& parent, const std::string& name, const std::string& protocol_name,
            const std::string& what, const std::string& example) {
    Verb& verb = all.emplace_back();
    verb.app = parent.add_subcommand(name, what);
    verb.app->footer("Example: " + example +
                     "\n\nExit status: 0 done; 1 not found, or refused; 2 wrong usage; 69 the "
                     "daemon cannot be reached.");
    verb.options.verb = protocol_name;
    verb.app
        ->add_option(
            "-c,--config", verb.options.config_file,
            "Configuration that names the socket (default: /etc/handshaked/handshaked.toml)")
        ->type_name("FILE");
    verb.app
        ->add_option("--socket", verb.options.socket,
                     "The daemon's control socket, if not the configured one")
        ->type_name("PATH");
    add_text_or_json(verb.app, verb.options.json);
    add_language(verb.app, verb.options.language);
    return verb;
  }
  static CLI::Option* take(Verb& verb, const std::string& option, const std::string& argument,
                           const std::string& what, const std::string& type) {
    const auto keep = [&verb, argument](const std::string& text) {
      verb.options.arguments[argument] = {text};
    };
    return verb.app->add_option_function<std::string>(option, keep, what)->type_name(type);
  }
  static CLI::Option* take_all(Verb& verb, const std::string& option, const std::string& argument,
                               const std::string& what, const std::string& type) {
    return verb.app->add_option(option, verb.options.arguments[argument], what)->type_name(type);
  }
  static void flag(Verb& verb, const std::string& option, const std::string& argument,
                   const std::string& what) {
    verb.app->add_flag_function(
        option, [&verb, argument](std::int64_t) { verb.options.arguments[argument] = {"true"}; },
        what);
  }

  void add_incidents(CLI::App& app);
  void add_silences(CLI::App& app);
  void add_deliveries(CLI::App& app);
};

void OperatorCommandLine::Verbs::add_incidents(CLI::App& app) {
  CLI::App& incidents =
      *app.add_subcommand("incidents", "List the daemon's incidents, resolve them, add notes");
  incidents.require_subcommand(1);
  incidents.footer("Example: handshaked incidents list severity=critical");
  Verb& list = add(incidents, "list", "incidents.list", "List open incidents, the worst now first",
                   "handshaked incidents list severity=critical 'server=~db.*'");
  take_all(list, "matchers", "matchers",
           "Only incidents that all of these match: LABEL=VALUE, !=, =~ or !~", "MATCHER");
  take(list, "--status", "status", "open, resolved or all (default: open)", "STATUS")
      ->check(CLI::IsMember({"open", "resolved", "all"}).description(""));
  take(list, "--limit", "limit", "Show at most this many (default: 50, at most 1000)", "N")
      ->check(CLI::PositiveNumber.description(""));
  take(list, "--sort", "sort",
       "severity (the default: then by lines a minute now, then by lines in all), rate, since, "
       "last, count, hosts or title",
       "KEY")
      ->check(CLI::IsMember({"severity", "rate", "since", "last", "count", "hosts", "title"})
                  .description(""));
  flag(list, "--noise", "noise",
       "Include what is only recorded: client noise, history, pending faults");
  Verb& show = add(incidents, "show", "incidents.show", "Show everything about one incident",
                   "handshaked incidents show inc-1f0c6f5d7a0b9e33");
  take(show, "id", "id", "The incident's id, or a prefix of it", "INCIDENT")->required();
  Verb& resolve = add(incidents, "resolve", "incidents.resolve",
                      "Resolve an incident by hand; it reopens if its lines continue",
                      "handshaked incidents resolve inc-1f0c6f5d7a0b9e33 --note 'CA re-issued'");
  take(resolve, "id", "id", "The incident's id, or a prefix of it", "INCIDENT")->required();
  take(resolve, "--note", "note", "What was done", "TEXT");
  Verb& note = add(incidents, "note", "incidents.note", "Write a note on an incident",
                   "handshaked incidents note inc-1f0c6f5d7a0b9e33 'ticket 4711'");
  take(note, "id", "id", "The incident's id, or a prefix of it", "INCIDENT")->required();
  take(note, "text", "text", "The note", "TEXT")->required();
}

void OperatorCommandLine::Verbs::add_silences(CLI::App& app) {
  CLI::App& silence = *app.add_subcommand("silence", "Suppress notifications for a while");
  silence.require_subcommand(1);
  silence.footer("Example: handshaked silence add server=db.corp.test --for 2h");
  Verb& add_verb =
      add(silence, "add", "silence.add", "Silence matching incidents; prints the silence's id",
          "handshaked silence add server=db.corp.test --for 2h --comment 'CA re-issue'");
  take_all(add_verb, "matchers", "matchers", "All must match: LABEL=VALUE, !=, =~ or !~", "MATCHER")
      ->required();
  const auto lasts = [&add_verb](const std::string& text) {
    const auto seconds = seconds_of(text);
    if (!seconds) throw CLI::ValidationError("--for", "give a duration such as 30m, 2h or 1d12h");
    add_verb.options.arguments["seconds"] = {std::to_string(*seconds)};
  };
  auto* const duration = add_verb.app
                             ->add_option_function<std::string>(
                                 "--for", lasts, "How long: 30m, 2h, 1d12h (default: 1h)")
                             ->type_name("DURATION");
  take(add_verb, "--until", "until", "Or the end time: 2026-11-21T18:00:00+01:00", "TIME")
      ->excludes(duration);
  take(add_verb, "--from", "from", "Start time (default: now)", "TIME");
  take(add_verb, "--comment", "comment", "Why", "TEXT");
  Verb& list = add(silence, "list", "silence.list", "List the silences and maintenance windows",
                   "handshaked silence list");
  flag(list, "--all", "all", "Include those that ended within the last day");
  Verb& expire = add(silence, "expire", "silence.expire", "End a silence at once",
                     "handshaked silence expire sil-0b9e331f");
  take(expire, "id", "id", "The silence", "SILENCE")->required();
}

void OperatorCommandLine::Verbs::add_deliveries(CLI::App& app) {
  CLI::App& deliveries =
      *app.add_subcommand("deliveries", "Look at queued and failed notifications, send them again");
  deliveries.require_subcommand(1);
  deliveries.footer("Example: handshaked deliveries list --status dead");
  Verb& list = add(deliveries, "list", "deliveries.list",
                   "List deliveries that are queued or were given up, newest first",
                   "handshaked deliveries list --status dead");
  take(list, "--status", "status",
       "waiting, dead, delivered, discarded or all (default: waiting and dead)", "STATUS")
      ->check(CLI::IsMember({"waiting", "dead", "delivered", "discarded", "all"}).description(""));
  take(list, "--receiver", "receiver", "Only of one receiver", "RECEIVER");
  take(list, "--limit", "limit", "Show at most this many (default: 50, at most 1000)", "N")
      ->check(CLI::PositiveNumber.description(""));
  Verb& show =
      add(deliveries, "show", "deliveries.show",
          "Show everything about one delivery, with its body", "handshaked deliveries show 17");
  take(show, "id", "id", "The delivery", "DELIVERY")->required();
  Verb& retry = add(deliveries, "retry", "deliveries.retry",
                    "Send dead deliveries again, and what is queued for the same receivers at once",
                    "handshaked deliveries retry --all --receiver ops");
  Verb& discard = add(deliveries, "discard", "deliveries.discard", "Give up deliveries for good",
                      "handshaked deliveries discard 17 18");
  for (Verb* const verb : {&retry, &discard}) {
    take_all(*verb, "id", "id", "The deliveries", "DELIVERY");
    flag(*verb, "--all", "all", "All deliveries in the dead-letter list");
    take(*verb, "--receiver", "receiver", "With --all: only of one receiver", "RECEIVER");
  }
}

OperatorCommandLine::OperatorCommandLine(CLI::App& app) : verbs_(std::make_unique<Verbs>()) {
  verbs_->add(app, "status", "status", "Show the state of the running daemon",
              "handshaked status --format json");
  Verbs::Verb& watch =
      verbs_->add(app, "watch", "watch",
                  "Show live incidents on the terminal; without one, print a line for each change",
                  "handshaked watch --interval 5");
  verbs_
      ->take(watch, "--interval", "interval", "Refresh interval in seconds (default: 2)", "SECONDS")
      ->check(CLI::Range(1, 3600).description(""));
  verbs_->add_incidents(app);
  verbs_->add_silences(app);
  verbs_->add_deliveries(app);
}
OperatorCommandLine::~OperatorCommandLine() = default;

std::optional<OperatorOptions> OperatorCommandLine::parsed() const {
  for (const Verbs::Verb& verb : verbs_->all) {
    if (!verb.app->parsed()) continue;
    OperatorOptions options = verb.options;
    std::erase_if(options.arguments, [](const auto& argument) { return argument.second.empty(); });
    const bool has_end =
        options.arguments.contains("seconds") || options.arguments.contains("until");
    if (options.verb == "silence.add" && !has_end) options.arguments["seconds"] = {"3600"};
    return options;
  }
  return std::nullopt;
}

}  // namespace handshaked::cli
