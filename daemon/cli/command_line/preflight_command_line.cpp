#include "cli/command_line/command_line_parts.h"

#include <CLI/CLI.hpp>

#include "cli/command_line/verb_options.h"

namespace handshaked::cli {

struct PreflightCommandLine::Verb {
  CLI::App* app = nullptr;
  CLI::Option* format = nullptr;
  PreflightOptions options;

  void add_list(const std::string& name, std::vector<std::string>& values, const std::string& what,
                const std::string& type) {
    app->add_option(name, values, what)->type_name(type)->allow_extra_args(false);
  }

  void add_changes() {
    add_list("--peer", options.peers,
             "An upstream that will present another chain, as the configuration writes it; with "
             "NAME@ only to handshakes that ask for that name",
             "HOST:PORT");
    add_list("--chain", options.chains, "What it will present, leaf first; one for each --peer",
             "FILE");
    add_list("--trust", options.trust,
             "Replace the file of a *_ssl_trusted_certificate or ssl_client_certificate",
             "FILE=NEW");
    add_list("--crl", options.crls, "Replace the file of a *_ssl_crl", "FILE=NEW");
    add_list("--certificate", options.certificates,
             "Replace the file of an ssl_certificate; without FILE, of all that have a name in "
             "common with it",
             "[FILE=]NEW");
    add_list("--client-cert", options.client_certificates,
             "Replace the file of a *_ssl_certificate that nginx presents to upstreams",
             "FILE=NEW");
    add_list("--key", options.keys, "Replace the file of a certificate key", "FILE=NEW");
    app->add_option("--at", options.at,
                    "Judge as of another time: 2027-03-01 or 2027-03-01T12:30:00Z, UTC")
        ->type_name("DATE");
    app->add_option("--until", options.until, "Every date until then at which a verdict changes")
        ->type_name("DATE");
    app->add_option("--openssl", options.openssl,
                    "Another OpenSSL under nginx: the defaults that it changes")
        ->type_name("VERSION");
    app->add_option("--security-level", options.security_level,
                    "OpenSSL's security level, where a build or openssl.cnf sets it")
        ->type_name("0..5")
        ->check(CLI::Range(0, 5).description(""));
    app->add_option("--nginx", options.nginx_version, "Another nginx: the defaults that it changes")
        ->type_name("VERSION");
  }

  void add_places() {
    app->add_option("--nginx-conf", options.nginx.configuration,
                    "nginx.conf; without another change it is compared with the one in use")
        ->type_name("FILE");
    app->add_option("--nginx-prefix", options.nginx.prefix, "nginx's prefix, as with nginx -p")
        ->type_name("DIR");
    app->add_option("--against", options.against,
                    "The configuration in use, if not that of the nginx that is installed here")
        ->type_name("FILE");
    add_list("--nginx-dump", options.dumps,
             "The output of nginx -T of a host; repeatable, for a fleet", "FILE");
    add_list("--root", options.roots,
             "Where the files lie that nginx finds under PREFIX (default: all of them); "
             "repeatable, for checkouts and dumps",
             "[PREFIX=]DIR");
    add_list("--against-root", options.against_roots, "The same for the configuration of --against",
             "[PREFIX=]DIR");
    add_list("--chain-now", options.chains_now,
             "What an upstream presents today, instead of asking it", "HOST:PORT=FILE");
    add_list("--client-chain", options.clients, "The chain of a client that must keep working",
             "FILE");
    add_ca_store(app, options.ca_stores);
    app->add_flag("--no-probe", options.no_probe,
                  "Connect to nothing: files and configuration alone");
    app->add_option("--time-limit", options.time_limit,
                    "How long it may take; what is left is \"cannot tell\" (default: 60)")
        ->type_name("SECONDS")
        ->check(CLI::Range(1, 3600).description(""));
    app->add_option("-j,--jobs", options.jobs,
                    "Configurations checked in parallel (default: one per CPU)")
        ->type_name("N")
        ->check(CLI::Range(1U, 256U).description(""));
  }

  void add_output() {
    format = add_choice<PreflightFormat>(
        app, "--format",
        {{"text", PreflightFormat::text},
         {"json", PreflightFormat::json},
         {"markdown", PreflightFormat::markdown},
         {"html", PreflightFormat::html},
         {"sarif", PreflightFormat::sarif},
         {"junit", PreflightFormat::junit}},
        options.format,
        "text, json, markdown, html, sarif or junit (default: by the name of --output, else "
        "text)",
        "FORMAT");
    app->add_option("-o,--output", options.output_file, "Write the report to a file")
        ->type_name("FILE");
    add_choice<PreflightGate>(
        app, "--fail-on",
        {{"breaks", PreflightGate::breaks},
         {"cannot-tell", PreflightGate::cannot_tell},
         {"weakens", PreflightGate::weakens},
         {"broken-already", PreflightGate::broken_already}},
        options.fail_on,
        "Exit with 1 when a place breaks; cannot-tell, weakens and broken-already: each "
        "includes those before it",
        "OUTLOOK");
    add_language(app, options.language);
    add_rules(app, options.rules_directory);
  }
};

PreflightCommandLine::PreflightCommandLine(CLI::App& app) : verb_(std::make_unique<Verb>()) {
  verb_->app = app.add_subcommand(
      "preflight", "Show what a planned change will break, place by place, and how to prevent it");
  verb_->app->footer(
      "Example: handshaked preflight --peer api.corp.test:443 --chain new.pem --fail-on breaks");
  verb_->add_changes();
  verb_->add_places();
  verb_->add_output();
}
PreflightCommandLine::~PreflightCommandLine() = default;

std::optional<PreflightOptions> PreflightCommandLine::parsed() const {
  if (!verb_->app->parsed()) return std::nullopt;
  PreflightOptions options = verb_->options;
  options.is_format_given = verb_->format->count() > 0;
  return options;
}

}  // namespace handshaked::cli
