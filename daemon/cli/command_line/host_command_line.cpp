#include "cli/command_line/command_line_parts.h"

#include <CLI/CLI.hpp>

#include <array>

#include "cli/command_line/verb_options.h"

namespace handshaked::cli {
namespace {

void add_nginx(CLI::App* verb, diagnose::NginxPlace& nginx) {
  verb->add_option("--nginx-conf", nginx.configuration,
                   "nginx.conf (default: that of the nginx that runs or is installed here)")
      ->type_name("FILE");
  verb->add_option("--nginx-prefix", nginx.prefix, "nginx's prefix, as with nginx -p")
      ->type_name("DIR");
}

}  // namespace

struct HostCommandLine::Verbs {
  struct FixAction {
    CLI::App* app = nullptr;
    FixVerbOptions options;
  };
  std::array<FixAction, 4> fix;
  CLI::App* doctor_app = nullptr;
  DoctorOptions doctor;

  void add_fix(CLI::App& app) {
    CLI::App* const verb =
        app.add_subcommand("fix", "Show, try, apply or undo the fix of an incident");
    verb->footer("Example: handshaked fix show INCIDENT | patch -p1 -d /");
    verb->require_subcommand(1);
    using Action = FixVerbOptions::Action;
    add_action(fix[0], *verb, Action::show, "show", "Print the patch; patch -p1 -d / applies it",
               "handshaked fix show inc-1a2b3c");
    add_action(fix[1], *verb, Action::try_it, "try",
               "Try it on a copy of the configuration with nginx -t; changes nothing",
               "handshaked fix try inc-1a2b3c");
    add_action(fix[2], *verb, Action::apply, "apply",
               "Back up, change the files, test, reload, and verify; roll everything back if "
               "anything gets worse",
               "handshaked fix apply inc-1a2b3c");
    add_undo(fix[3], *verb);
    fix[2].app->add_flag("--allow-unsafe", fix[2].options.allow_unsafe,
                         "Also apply a fix that weakens protection");
    for (FixAction* const action : {&fix[2], &fix[3]}) {
      action->app
          ->add_option("--backup-dir", action->options.backup_directory,
                       "Where copies of the changed files go (default: /var/backups/handshaked)")
          ->type_name("DIR");
      action->app
          ->add_option("--reload-timeout", action->options.reload_seconds,
                       "How long nginx may take to reload (default: 20)")
          ->type_name("SECONDS")
          ->check(CLI::Range(1, 600).description(""));
    }
  }

  static void add_undo(FixAction& action, CLI::App& parent) {
    action.app =
        parent.add_subcommand("undo", "Revert what the last apply changed, with the same checks");
    action.app->footer(
        "Example: handshaked fix undo inc-1a2b3c\n\nExit status: 0 put back; 1 refused; 2 nothing "
        "to put back; 70 undoing failed.");
    FixVerbOptions& options = action.options;
    options.action = FixVerbOptions::Action::undo;
    action.app
        ->add_option("incident", options.incident,
                     "Whose fix (default: the one that was applied last)")
        ->type_name("INCIDENT");
    add_nginx(action.app, options.nginx);
    action.app->add_flag("--no-probe", options.no_probe,
                         "Connect to nothing: whether the rest still works is then not verified");
    add_answer(action.app, options);
  }

  static void add_action(FixAction& action, CLI::App& parent, FixVerbOptions::Action what,
                         const std::string& name, const std::string& help,
                         const std::string& example) {
    action.app = parent.add_subcommand(name, help);
    action.app->footer("Example: " + example +
                       "\n\nExit status: 0 done; 1 refused, or undone; 2 no such incident or fix; "
                       "70 undoing failed; 78 bad rules.");
    FixVerbOptions& options = action.options;
    options.action = what;
    action.app
        ->add_option("incident", options.incident,
                     "The incident: the id in an alert, or a prefix of it")
        ->required()
        ->type_name("INCIDENT");
    action.app
        ->add_option("--fix", options.fix,
                     "Which of its fixes: id or rank (default: the first that is a patch)")
        ->type_name("FIX");
    action.app
        ->add_option("--log", options.logs,
                     "The error log (default: the running daemon is asked, then those that nginx's "
                     "configuration names); repeatable")
        ->type_name("FILE")
        ->allow_extra_args(false);
    action.app
        ->add_option("-c,--config", options.daemon.config_file,
                     "Configuration that names the daemon's socket")
        ->type_name("FILE");
    action.app
        ->add_option("--socket", options.daemon.socket,
                     "The daemon's control socket, if not the configured one")
        ->type_name("PATH");
    add_nginx(action.app, options.nginx);
    add_ca_store(action.app, options.ca_stores);
    action.app->add_flag("--no-probe", options.no_probe,
                         "Make no connections: the applied fix is then not verified");
    action.app
        ->add_option("--time-zone", options.time_zone, "Zone of the log's times (default: local)")
        ->type_name("ZONE");
    add_answer(action.app, options);
  }

  void add_doctor(CLI::App& app) {
    doctor_app = app.add_subcommand("doctor", "Check this host's nginx before anything breaks");
    doctor_app->footer("Example: handshaked doctor --fail-on warning");
    add_nginx(doctor_app, doctor.nginx);
    doctor_app
        ->add_option("--nginx-dump", doctor.nginx.dump,
                     "The output of nginx -T instead of the files")
        ->type_name("FILE");
    doctor_app->add_flag("--no-probe", doctor.no_probe,
                         "Connect to nothing: files and configuration alone");
    doctor_app
        ->add_option("--days", doctor.days,
                     "Report what expires within this many days (default: 21)")
        ->type_name("N")
        ->check(CLI::PositiveNumber.description(""));
    doctor_app
        ->add_option("--service-user", doctor.service_user,
                     "The service's user, to find out what it cannot read (default: handshaked)")
        ->type_name("USER");
    add_fail_on(doctor_app, doctor.fail_on,
                "Exit with 1 when something is at least this severe: info, warning or critical");
    add_language(doctor_app, doctor.language);
    add_rules(doctor_app, doctor.rules_directory);
    add_choice<ReportFormat>(
        doctor_app, "--format",
        {{"text", ReportFormat::text},
         {"json", ReportFormat::json},
         {"markdown", ReportFormat::markdown},
         {"html", ReportFormat::html},
         {"ics", ReportFormat::ics}},
        doctor.format,
        "text, json, markdown, html, or ics: a calendar of expiry dates (default: text)", "FORMAT");
  }
};

HostCommandLine::HostCommandLine(CLI::App& app) : verbs_(std::make_unique<Verbs>()) {
  verbs_->add_fix(app);
  verbs_->add_doctor(app);
}
HostCommandLine::~HostCommandLine() = default;

std::optional<std::variant<FixVerbOptions, DoctorOptions>> HostCommandLine::parsed() const {
  for (const Verbs::FixAction& action : verbs_->fix) {
    if (action.app->parsed()) return action.options;
  }
  if (verbs_->doctor_app->parsed()) return verbs_->doctor;
  return std::nullopt;
}

}  // namespace handshaked::cli
