#include "cli/command_line/command_line.h"

#include <openssl/crypto.h>
#include <openssl/opensslv.h>
#include <CLI/CLI.hpp>

#include <cstdio>
#include <cstdlib>

#include "base/text/visible_text.h"
#include "cli/command_line/command_line_parts.h"
#include "cli/command_line/exit_code.h"
#include "cli/command_line/verb_options.h"
#include "cli/knowledge/rules_location.h"

#ifndef HANDSHAKED_VERSION
#error "the build defines HANDSHAKED_VERSION"
#endif

namespace handshaked::cli {
namespace {

constexpr const char* kExitCodes =
    "Exit status: 0 done; 1 nothing matched, nothing known, or --fail-on was met; 2 wrong usage;\n"
    "69 the daemon cannot be reached; 70 internal error, or diagnose could not look; 75 run cannot "
    "start now, try again; 78 bad "
    "configuration or rules.";

/// What a report of a fault needs: which program, on which libraries, with which rules.
std::string version_text() {
  const std::string rules = find_rules("");
  const auto edition = read_edition(rules);
  return "handshaked " HANDSHAKED_VERSION "\n" + std::string(OpenSSL_version(OPENSSL_VERSION)) +
         (OpenSSL_version_num() == OPENSSL_VERSION_NUMBER ? ""
                                                          : " (compiled with " OPENSSL_VERSION_TEXT
                                                            ")") +
         "\ncompiled by " HANDSHAKED_COMPILER "\n" +
         (rules.empty()
              ? "no rules found"
              : "rules of " + (edition ? edition.value() : std::string("an unknown date")) +
                    " in " + rules);
}

/// CLI11 throws on what a user did wrong; this collects the options of all verbs in one place so
/// that each has the same words for the same thing.
class Parser {
 public:
  Parser() : app_("Turns nginx's TLS error lines into remediation events.", "handshaked") {
    app_.require_subcommand(1);
    app_.set_version_flag("--version", version_text,
                          "Print the version of the program, its libraries and its rules");
    app_.set_help_flag("-h,--help", "Print this help");
    app_.footer(std::string("Example: handshaked scan /var/log/nginx/error.log\n\n") + kExitCodes);
    app_.get_formatter()->column_width(28);
    add_run();
    add_scan();
    add_match();
    add_explain();
    add_check();
    add_receivers();
    add_group();
    add_diagnose();
    rules_verbs_ = std::make_unique<RulesCommandLine>(app_);
    host_verbs_ = std::make_unique<HostCommandLine>(app_);
    preflight_verb_ = std::make_unique<PreflightCommandLine>(app_);
    operator_verbs_ = std::make_unique<OperatorCommandLine>(app_);
    add_completion();
  }

  CommandLine read(int argc, const char* const* argv) {
    if (argc > 1 && argv[1][0] != '-' && !is_verb(argv[1])) {
      // CLI11 would only say that a subcommand is missing.
      std::fprintf(stderr,
                   "handshaked: unknown command \"%s\"\nRun with --help for more information.\n",
                   visible_text(argv[1]).c_str());
      return {.command = std::nullopt, .exit_code = kExitUsage};
    }
    try {
      app_.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
      // Help and version are "errors" that ask for exit code 0; all others are usage, whatever
      // number CLI11 gives them.
      return {.command = std::nullopt, .exit_code = app_.exit(error) == 0 ? kExitDone : kExitUsage};
    }
    if (auto operator_options = operator_verbs_->parsed())
      return {.command = std::move(*operator_options), .exit_code = kExitDone};
    if (auto host = host_verbs_->parsed()) {
      return {
          .command = std::visit([](auto& options) { return Command(std::move(options)); }, *host),
          .exit_code = kExitDone};
    }
    if (auto preflight = preflight_verb_->parsed())
      return {.command = std::move(*preflight), .exit_code = kExitDone};
    if (run_verb_->parsed()) return {.command = run_, .exit_code = kExitDone};
    if (scan_verb_->parsed()) return {.command = finished_scan(), .exit_code = kExitDone};
    if (match_verb_->parsed()) return {.command = match_, .exit_code = kExitDone};
    if (explain_verb_->parsed()) return {.command = finished_explain(), .exit_code = kExitDone};
    if (check_verb_->parsed()) return {.command = check_, .exit_code = kExitDone};
    if (receivers_verb_->parsed()) return {.command = finished_receivers(), .exit_code = kExitDone};
    if (group_verb_->parsed()) return {.command = finished_group(), .exit_code = kExitDone};
    if (diagnose_verb_->parsed()) return finished_diagnose();
    if (completion_verb_->parsed())
      return {.command = CompletionOptions{completion_script(completed_command_line(app_), shell_)},
              .exit_code = kExitDone};
    return {.command = rules_verbs_->parsed(), .exit_code = kExitDone};
  }

 private:
  bool is_verb(std::string_view name) const {
    const auto verbs =
        app_.get_subcommands([name](const CLI::App* verb) { return verb->get_name() == name; });
    return !verbs.empty();
  }
  CLI::App* add_verb(const std::string& name, const std::string& what, const std::string& example) {
    CLI::App* const verb = app_.add_subcommand(name, what);
    verb->footer("Example: " + example);
    return verb;
  }
  static void add_time_zone(CLI::App* verb, std::string& zone) {
    verb->add_option(
            "--time-zone", zone,
            "Zone of the log's times: local, UTC, +08:00 or Europe/Berlin (default: local)")
        ->type_name("ZONE");
  }
  static void add_jobs(CLI::App* verb, unsigned& jobs) {
    verb->add_option("-j,--jobs", jobs,
                     "Threads that search a large file (default: one per CPU, at most 16)")
        ->type_name("N")
        ->check(CLI::Range(1U, 256U).description(""));
  }
  static void add_config(CLI::App* verb, std::string& file) {
    verb->add_option("-c,--config", file,
                     "Configuration (default: /etc/handshaked/handshaked.toml)")
        ->type_name("FILE");
  }

  void add_run() {
    run_verb_ = add_verb("run", "Follow logs and send events: the daemon",
                         "handshaked run -c /etc/handshaked/handshaked.toml");
    add_config(run_verb_, run_.config_file);
    add_rules(run_verb_, run_.rules_directory);
    run_verb_->add_flag("--from-start", run_.from_start, "Also read what the logs already contain");
  }

  void add_scan() {
    scan_verb_ =
        add_verb("scan", "Analyse whole logs and report every TLS fault; sends nothing",
                 "handshaked scan --format html --output report.html /var/log/nginx/error.log*");
    scan_verb_->add_option("files", scan_.files, "Logs: plain, .gz or .zst; - is standard input")
        ->required()
        ->type_name("FILE");
    format_option_ = add_choice<ReportFormat>(
        scan_verb_, "--format",
        {{"text", ReportFormat::text},
         {"json", ReportFormat::json},
         {"markdown", ReportFormat::markdown},
         {"html", ReportFormat::html}},
        scan_.format, "text, json, markdown or html (default: by the name of --output, else text)",
        "FORMAT");
    scan_verb_->add_option("-o,--output", scan_.output_file, "Write the report to a file")
        ->type_name("FILE");
    scan_verb_
        ->add_option("--top", scan_.top,
                     "Show at most this many faults (default: 50; html: 500; json: all)")
        ->type_name("N")
        ->check(CLI::PositiveNumber.description(""));
    scan_verb_->add_flag(
        "--all", scan_.all_details,
        "Show full details of every fault that is shown, not only of the five most severe");
    add_fail_on(scan_verb_, scan_.fail_on,
                "Exit with 1 when a fault is at least this severe: info, warning "
                "or critical; noise does not count");
    add_language(scan_verb_, scan_.language);
    add_jobs(scan_verb_, scan_.jobs);
    add_time_zone(scan_verb_, scan_.time_zone);
    add_rules(scan_verb_, scan_.rules_directory);
  }

  void add_match() {
    match_verb_ = add_verb(
        "match", "Print a JSON object for every recognised line; exit 1 when there is none",
        "tail -F /var/log/nginx/error.log | handshaked match - | jq .rule");
    match_verb_->add_option("files", match_.files, "Logs: plain, .gz or .zst; - is standard input")
        ->required()
        ->type_name("FILE");
    match_verb_->add_flag(
        "--print-literals", match_.print_literals,
        "Print the strings of which every rule requires one, for grep -F -f, and exit");
    match_verb_->add_flag("--line-buffered", match_.line_buffered,
                          "Flush the output after every object");
    add_jobs(match_verb_, match_.jobs);
    add_time_zone(match_verb_, match_.time_zone);
    add_rules(match_verb_, match_.rules_directory);
    add_only_format(match_verb_);
  }

  void add_explain() {
    explain_verb_ = add_verb(
        "explain",
        "Explain what a log line, a rule, a cause or a code means, and what to do about it",
        "handshaked explain 20      (also: explain alert 48, explain 0A000418, explain nginx/RULE, "
        "explain \"LOG LINE\")");
    explain_verb_
        ->add_option("what", explain_words_,
                     "A log line (- reads it from standard input), an incident (inc-…), a rule, a "
                     "cause, a verify code, \"alert N\" or an OpenSSL "
                     "error code")
        ->required()
        ->type_name("WHAT");
    add_config(explain_verb_, explain_.config_file);
    add_text_or_json(explain_verb_, explain_.json);
    add_language(explain_verb_, explain_.language);
    add_time_zone(explain_verb_, explain_.time_zone);
    add_rules(explain_verb_, explain_.rules_directory);
  }

  void add_check() {
    check_verb_ =
        add_verb("check", "Check configuration and rules; reports every problem with file and line",
                 "handshaked check -c /etc/handshaked/handshaked.toml");
    add_config(check_verb_, check_.config_file);
    add_rules(check_verb_, check_.rules_directory);
    check_verb_->add_flag(
        "--offline", check_.is_offline,
        "Do not ask the servers of [[nats]] and [[kafka]] whether they can be used");
    add_text_or_json(check_verb_, check_.json);
  }

  /// Where nginx's configuration is: the same words for every verb that reads it.
  static void add_nginx(CLI::App* verb, diagnose::NginxPlace& nginx) {
    CLI::Option* const conf =
        verb->add_option("--nginx-conf", nginx.configuration,
                         "nginx.conf (default: that of the nginx that is installed here)")
            ->type_name("FILE");
    verb->add_option("--nginx-prefix", nginx.prefix, "nginx's prefix, as with nginx -p")
        ->type_name("DIR");
    verb->add_option("--nginx-dump", nginx.dump, "The output of nginx -T instead of the files")
        ->type_name("FILE")
        ->excludes(conf);
  }
  void add_diagnose() {
    diagnose_verb_ = add_verb(
        "diagnose", "Find the cause of TLS faults, and the fix that provably works",
        "handshaked diagnose --log /var/log/nginx/error.log --nginx-conf /etc/nginx/nginx.conf");
    diagnose_verb_
        ->add_option("incident", diagnose_.incident,
                     "One incident, by the id in an alert or a prefix of it: the daemon is asked, "
                     "then the logs")
        ->type_name("INCIDENT");
    add_config(diagnose_verb_, diagnose_.daemon.config_file);
    diagnose_verb_
        ->add_option("--socket", diagnose_.daemon.socket,
                     "The daemon's control socket, if not the configured one")
        ->type_name("PATH");
    diagnose_verb_
        ->add_option("--log", diagnose_.logs,
                     "An error log: plain, .gz or .zst; - is standard input; repeatable")
        ->type_name("FILE")
        ->allow_extra_args(false);
    diagnose_verb_
        ->add_option("--peer", diagnose_.peer,
                     "An upstream of the configuration, as it is written there")
        ->type_name("HOST:PORT");
    diagnose_verb_->add_flag("--all", diagnose_.all,
                             "Every upstream of the configuration that is reached with TLS");
    add_nginx(diagnose_verb_, diagnose_.nginx);
    add_ca_store(diagnose_verb_, diagnose_.ca_stores);
    diagnose_verb_->add_flag("--no-probe", diagnose_.no_probe,
                             "Connect to nothing: work from configuration and files alone");
    add_fail_on(diagnose_verb_, diagnose_.fail_on,
                "Exit with 1 when a fault is at least this severe: info, warning "
                "or critical; noise does not count");
    add_choice<ReportFormat>(diagnose_verb_, "--format",
                             {{"text", ReportFormat::text},
                              {"json", ReportFormat::json},
                              {"markdown", ReportFormat::markdown},
                              {"html", ReportFormat::html}},
                             diagnose_.format, "text, json, markdown or html (default: text)",
                             "FORMAT");
    add_language(diagnose_verb_, diagnose_.language);
    add_time_zone(diagnose_verb_, diagnose_.time_zone);
    add_rules(diagnose_verb_, diagnose_.rules_directory);
  }

  CommandLine finished_diagnose() const {
    if (diagnose_.incident.empty() && diagnose_.logs.empty() && diagnose_.peer.empty() &&
        !diagnose_.all) {
      std::fputs(
          "handshaked: name what to diagnose: INCIDENT, --log FILE, --peer HOST:PORT or --all\nRun "
          "with --help for more information.\n",
          stderr);
      return {.command = std::nullopt, .exit_code = kExitUsage};
    }
    return {.command = diagnose_, .exit_code = kExitDone};
  }

  void add_completion() {
    completion_verb_ = add_verb("completion", "Print a script that completes commands in a shell",
                                "handshaked completion bash >/etc/bash_completion.d/handshaked");
    add_choice<Shell>(completion_verb_, "shell",
                      {{"bash", Shell::bash}, {"zsh", Shell::zsh}, {"fish", Shell::fish}}, shell_,
                      "bash, zsh or fish", "SHELL")
        ->required();
  }

  void add_receivers() {
    receivers_verb_ = add_verb("receivers", "List the receivers of a configuration, and test them",
                               "handshaked receivers test ops-chat");
    receivers_verb_->require_subcommand(1);
    receivers_list_verb_ = receivers_verb_->add_subcommand("list", "List all receivers");
    CLI::App* const test = receivers_verb_->add_subcommand(
        "test", "Send a sample event to one receiver and say what came back");
    test->footer(
        "Example: handshaked receivers test ops-chat -c /etc/handshaked/handshaked.toml\n\nExit "
        "status: 0 delivered; 1 not; 2 no such "
        "receiver.");
    test->add_option("name", receivers_.name, "The receiver's name in the configuration")
        ->required()
        ->type_name("RECEIVER");
    for (CLI::App* const verb : {receivers_list_verb_, test}) {
      add_config(verb, receivers_.config_file);
      add_text_or_json(verb, receivers_.json);
    }
  }
  ReceiversOptions finished_receivers() const {
    ReceiversOptions options = receivers_;
    options.verb = receivers_list_verb_->parsed() ? ReceiversOptions::Verb::list
                                                  : ReceiversOptions::Verb::test;
    return options;
  }

  void add_group() {
    group_verb_ = add_verb("group", "Set up a group of workers, and show who has which partition",
                           "handshaked group setup --dry-run");
    group_verb_->require_subcommand(1);
    group_setup_verb_ = group_verb_->add_subcommand(
        "setup", "Make the streams and the bucket that the group needs");
    CLI::App* const show = group_verb_->add_subcommand(
        "show", "Show partitions, their owners, what waits, and the workers");
    group_setup_verb_->add_flag("--dry-run", group_.is_dry_run, "Only say what would be created");
    for (CLI::App* const verb : {group_setup_verb_, show}) {
      verb->footer("Example: handshaked group " + verb->get_name() +
                   " -c /etc/handshaked/handshaked.toml\n\nExit status: 0 done; 1 the group was "
                   "not set up, or otherwise; 69 the servers "
                   "cannot be reached.");
      add_config(verb, group_.config_file);
      add_text_or_json(verb, group_.json);
      add_language(verb, group_.language);
    }
  }
  GroupOptions finished_group() const {
    GroupOptions options = group_;
    options.verb =
        group_setup_verb_->parsed() ? GroupOptions::Verb::setup : GroupOptions::Verb::show;
    return options;
  }

  /// `match` has one format; naming it is allowed, so that scripts can say what they expect.
  void add_only_format(CLI::App* verb) {
    add_choice<bool>(verb, "--format", {{"jsonl", true}, {"json", true}}, ignored_,
                     "jsonl, the only one", "FORMAT");
  }

  ScanOptions finished_scan() const {
    ScanOptions options = scan_;
    if (format_option_->count() > 0) return options;
    const std::string& name = options.output_file;
    if (name.ends_with(".json")) options.format = ReportFormat::json;
    else if (name.ends_with(".md") || name.ends_with(".markdown"))
      options.format = ReportFormat::markdown;
    else if (name.ends_with(".html") || name.ends_with(".htm")) options.format = ReportFormat::html;
    return options;
  }

  /// Words without quotes around them are one question: `explain alert 48`.
  ExplainOptions finished_explain() const {
    ExplainOptions options = explain_;
    for (const std::string& word : explain_words_)
      options.question += (options.question.empty() ? "" : " ") + word;
    return options;
  }

  CLI::App app_;
  std::unique_ptr<RulesCommandLine> rules_verbs_;
  std::unique_ptr<OperatorCommandLine> operator_verbs_;
  std::unique_ptr<HostCommandLine> host_verbs_;
  std::unique_ptr<PreflightCommandLine> preflight_verb_;
  CLI::App *run_verb_ = nullptr, *scan_verb_ = nullptr, *match_verb_ = nullptr,
           *explain_verb_ = nullptr, *check_verb_ = nullptr, *receivers_verb_ = nullptr,
           *receivers_list_verb_ = nullptr, *diagnose_verb_ = nullptr, *completion_verb_ = nullptr,
           *group_verb_ = nullptr, *group_setup_verb_ = nullptr;
  CLI::Option* format_option_ = nullptr;
  RunOptions run_;
  ScanOptions scan_;
  MatchOptions match_;
  ExplainOptions explain_;
  CheckOptions check_;
  ReceiversOptions receivers_;
  GroupOptions group_;
  DiagnoseOptions diagnose_;
  Shell shell_ = Shell::bash;
  std::vector<std::string> explain_words_;
  bool ignored_ = false;
};

}  // namespace

Language language_of_locale() {
  for (const char* const name : {"LC_ALL", "LC_MESSAGES", "LANG"}) {
    // The first that is set decides (POSIX, "Environment Variables").
    const char* const value = std::getenv(name);
    if (value == nullptr || *value == '\0') continue;
    return std::string_view(value).starts_with("zh") ? Language::zh : Language::en;
  }
  return Language::en;
}

CommandLine read_command_line(int argc, const char* const* argv) {
  return Parser().read(argc, argv);
}

}  // namespace handshaked::cli
