#include "cli/command_line/command_line_parts.h"

#include <CLI/CLI.hpp>

#include "cli/command_line/verb_options.h"

namespace handshaked::cli {

struct RulesCommandLine::Verbs {
  template <class Options>
  struct Verb {
    CLI::App* app = nullptr;
    Options options;
  };
  CLI::App* rules = nullptr;
  Verb<RulesListOptions> list;
  Verb<RulesShowOptions> show;
  Verb<RulesLintOptions> lint;
  Verb<RulesTestOptions> test;
  Verb<RulesImportOptions> import;
  Verb<RulesExportOptions> export_;
  Verb<RulesReportOptions> report;
  Verb<RulesUpdateOptions> update;

  CLI::App* add(const std::string& name, const std::string& what, const std::string& example) {
    CLI::App* const verb = rules->add_subcommand(name, what);
    verb->footer("Example: " + example);
    return verb;
  }
  static void add_rules_directory(CLI::App* verb, std::string& directory) {
    verb->add_option("directory", directory,
                     "Rules to look at (default: $HANDSHAKED_RULES, then the installed ones)")
        ->type_name("DIR");
  }

  void add_list() {
    CLI::App* const verb = list.app =
        add("list", "List all rules", "handshaked rules list --side client");
    add_choice<parse::Side>(verb, "--side",
                            {{"upstream", parse::Side::upstream},
                             {"client", parse::Side::client},
                             {"config", parse::Side::config},
                             {"ocsp", parse::Side::ocsp}},
                            list.options.side,
                            "Only the rules of one side: upstream, client, config or ocsp", "SIDE");
    add_answer(verb, list.options);
  }

  void add_show() {
    CLI::App* const verb = show.app =
        add("show", "Show everything about one rule; with --format json, its file",
            "handshaked rules show nginx/upstream-ssl-certificate-verify-error");
    verb->add_option("id", show.options.id, "The rule; \"nginx/\" may be left out")
        ->required()
        ->type_name("ID");
    add_answer(verb, show.options);
  }

  void add_lint() {
    lint.app =
        add("lint", "Check syntax and consistency of rules and causes; exit 1 if any is wrong",
            "handshaked rules lint ./rules");
    add_rules_directory(lint.app, lint.options.rules_directory);
  }

  void add_test() {
    test.app = add("test", "Test every sample and near miss of every rule; exit 1 when one fails",
                   "handshaked rules test ./rules");
    add_rules_directory(test.app, test.options.rules_directory);
  }

  void add_import() {
    CLI::App* const verb = import.app =
        add("import", "Turn public entries into rules, with warnings on what is doubtful",
            "handshaked rules import --output /etc/handshaked/rules entry.json");
    verb->add_option("files", import.options.files,
                     "Entries in one of the public shapes; - is standard input")
        ->required()
        ->type_name("FILE");
    verb->add_option("-o,--output", import.options.output_directory,
                     "Write one file per rule into a directory (default: standard output)")
        ->type_name("DIR");
  }

  void add_export() {
    CLI::App* const verb = export_.app =
        add("export", "Write the knowledge base for other programs and for readers",
            "handshaked rules export --format html ./site");
    add_choice<RulesExportFormat>(verb, "--format",
                                  {{"json", RulesExportFormat::json},
                                   {"markdown", RulesExportFormat::markdown},
                                   {"html", RulesExportFormat::html},
                                   {"coverage", RulesExportFormat::coverage},
                                   {"archive", RulesExportFormat::archive}},
                                  export_.options.format,
                                  "json (public entries), markdown, html (a site), coverage, or "
                                  "archive (one file, to be signed) (default: json)",
                                  "FORMAT");
    verb->add_option("directory", export_.options.target_directory,
                     "Where to write; html needs it (default: standard output)")
        ->type_name("DIR");
    add_rules(verb, export_.options.rules_directory);
  }

  void add_report() {
    CLI::App* const verb = report.app = add(
        "report",
        "Show the TLS lines of logs that no rule knows, masked so that they can be sent to others",
        "handshaked rules report /var/log/nginx/error.log*");
    verb->add_option("files", report.options.files,
                     "Logs: plain, .gz or .zst; - is standard input (default: standard input)")
        ->type_name("FILE");
    add_answer(verb, report.options);
  }

  void add_update() {
    CLI::App* const verb = update.app =
        add("update", "Install a signed archive of rules, or go back to the previous rules",
            "handshaked rules update handshaked-rules.json");
    verb->add_option("file", update.options.file,
                     "The archive, as rules export --format archive writes it")
        ->type_name("FILE");
    verb->add_option("--signature", update.options.signature, "Its signature (default: FILE.sig)")
        ->type_name("FILE");
    verb->add_option("-c,--config", update.options.config_file,
                     "Configuration whose [rules] public_key pins the key (default: the daemon's)")
        ->type_name("FILE");
    verb->add_option(
            "--into", update.options.directory,
            "Directory to keep the rules in (default: " + std::string(kUpdatesDirectory) + ")")
        ->type_name("DIR");
    verb->add_flag("--older", update.options.may_be_older,
                   "Accept an edition that is older than the one in force");
    verb->add_flag("--rollback", update.options.is_rollback,
                   "Go back to the rules from before the last update");
  }
};

RulesCommandLine::RulesCommandLine(CLI::App& app) : verbs_(std::make_unique<Verbs>()) {
  verbs_->rules = app.add_subcommand("rules", "Show, check, import and export the knowledge base");
  verbs_->rules->footer("Example: handshaked rules list --side upstream");
  verbs_->rules->require_subcommand(1);
  verbs_->add_list();
  verbs_->add_show();
  verbs_->add_lint();
  verbs_->add_test();
  verbs_->add_import();
  verbs_->add_export();
  verbs_->add_report();
  verbs_->add_update();
}
RulesCommandLine::~RulesCommandLine() = default;

std::optional<RulesOptions> RulesCommandLine::parsed() const {
  std::optional<RulesOptions> chosen;
  const auto take = [&chosen](const auto& verb) {
    if (verb.app->parsed()) chosen = verb.options;
  };
  take(verbs_->list);
  take(verbs_->show);
  take(verbs_->lint);
  take(verbs_->test);
  take(verbs_->import);
  take(verbs_->export_);
  take(verbs_->report);
  take(verbs_->update);
  return chosen;
}

}  // namespace handshaked::cli
