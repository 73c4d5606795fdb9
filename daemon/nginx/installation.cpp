#include "nginx/installation.h"

#include <algorithm>
#include <array>

namespace handshaked::nginx {
namespace {

std::string with_slash(std::string path) {
  if (!path.ends_with('/')) path += '/';
  return path;
}

std::string against(const std::string& prefix, std::string_view path) {
  return path.starts_with('/') ? std::string(path) : prefix + std::string(path);
}

std::string_view behind(std::string_view line, std::string_view label) {
  return line.starts_with(label) ? line.substr(label.size()) : std::string_view();
}

/// "--a=b --c='d e' --f": words as a shell would cut them.
std::vector<std::string> shell_words(std::string_view text) {
  std::vector<std::string> words;
  std::string word;
  bool is_open = false;
  char quote = '\0';
  for (const char c : text) {
    if (quote != '\0') {
      if (c == quote) quote = '\0';
      else word += c;
    } else if (c == '\'' || c == '"') {
      quote = c;
      is_open = true;
    } else if (c == ' ' || c == '\t' || c == '\r') {
      if (is_open) words.push_back(std::move(word));
      word.clear();
      is_open = false;
    } else {
      word += c;
      is_open = true;
    }
  }
  if (is_open) words.push_back(std::move(word));
  return words;
}

void apply_configure_arguments(Installation& installation) {
  std::string configuration_path;
  for (const std::string& argument : installation.configure_arguments) {
    if (const auto value = behind(argument, "--prefix="); !value.empty())
      installation.prefix = with_slash(std::string(value));
    else if (const auto path = behind(argument, "--conf-path="); !path.empty())
      configuration_path = path;
    else if (const auto log = behind(argument, "--error-log-path="); !log.empty())
      installation.error_log = log;
    else if (const auto pid = behind(argument, "--pid-path="); !pid.empty())
      installation.pid_file = pid;
    else if (argument.starts_with("--with-stream") && argument.find("module") == std::string::npos)
      installation.has_stream = true;
    else if (argument.starts_with("--with-mail") && argument.find("module") == std::string::npos)
      installation.has_mail = true;
    else if (argument == "--with-http_v2_module") installation.has_http_v2 = true;
    else if (argument == "--with-http_v3_module") installation.has_http_v3 = true;
  }
  installation.configuration_path = configuration_path.empty()
                                        ? installation.prefix + "conf/nginx.conf"
                                        : against(installation.prefix, configuration_path);
}

/// "openresty/1.21.4.1 (x)" -> product and version.
void take_product(Installation& installation, std::string_view text) {
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos) return;
  installation.product = text.substr(0, slash);
  installation.version = parse_version(text.substr(slash + 1));
}

ErrorLog read_error_log(const Directive& directive, const Configuration& configuration) {
  ErrorLog log;
  log.directive = &directive;
  const std::string_view place = directive.argument(0);
  if (place == "stderr") log.kind = ErrorLog::Kind::stderr_;
  else if (place.starts_with("syslog:")) log.kind = ErrorLog::Kind::syslog;
  else if (place.starts_with("memory:")) log.kind = ErrorLog::Kind::memory;
  log.path = log.kind == ErrorLog::Kind::file ? configuration.full_path(place, PathBase::prefix)
                                              : std::string(place);
  // "debug_http" and its like are debug, and only say of what.
  for (std::size_t i = 1; i < directive.arguments.size(); ++i) {
    log.level =
        directive.argument(i).starts_with("debug") ? "debug" : std::string(directive.argument(i));
  }
  return log;
}

void collect(const Directive& block, const Configuration& configuration,
             std::vector<ErrorLog>& logs) {
  for (const Directive& child : block.block) {
    if (child.is("error_log") && !child.arguments.empty())
      logs.push_back(read_error_log(child, configuration));
    if (child.has_block) collect(child, configuration, logs);
  }
}

}  // namespace

Installation parse_nginx_version_output(std::string_view text) {
  Installation installation;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (const auto product = behind(line, "nginx version: "); !product.empty()) {
      take_product(installation, product);
    } else if (const auto angie = behind(line, "Angie version: "); !angie.empty()) {
      installation.product = "angie";
    } else if (const auto built = behind(line, "built with "); !built.empty()) {
      const std::size_t running = built.find(" (running with ");
      installation.openssl_built = built.substr(0, running);
      installation.openssl_running = installation.openssl_built;
      if (running != std::string_view::npos) {
        const std::string_view rest = built.substr(running + 15);
        installation.openssl_running = rest.substr(0, rest.find(')'));
      }
    } else if (const auto arguments = behind(line, "configure arguments:"); !arguments.empty()) {
      installation.configure_arguments = shell_words(arguments);
      apply_configure_arguments(installation);
    }
  }
  return installation;
}

NginxVersion parse_banner(std::string_view text) {
  for (const std::string_view product : {"nginx/", "openresty/", "freenginx/"}) {
    for (std::size_t at = text.find(product); at != std::string_view::npos;
         at = text.find(product, at + 1)) {
      if (const NginxVersion version = parse_version(text.substr(at + product.size()));
          version.is_known())
        return version;
    }
  }
  return {};
}

void apply_command_line(Installation& installation, std::span<const std::string> arguments) {
  std::string prefix, path, log;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string& argument = arguments[i];
    if (argument.size() < 2 || argument[0] != '-') continue;
    const char option = argument[1];
    if (std::string_view("pceg").find(option) == std::string_view::npos) continue;
    // "-p DIR" or "-pDIR"
    const std::string value = argument.size() > 2      ? argument.substr(2)
                              : ++i < arguments.size() ? arguments[i]
                                                       : std::string();
    if (option == 'p') prefix = value;
    else if (option == 'c') path = value;
    else if (option == 'e') log = value;
  }
  // What was built in as an absolute path does not move with -p.
  if (!prefix.empty()) {
    const std::string old_prefix = installation.prefix;
    installation.prefix = with_slash(prefix);
    const bool is_relative = std::none_of(
        installation.configure_arguments.begin(), installation.configure_arguments.end(),
        [](const std::string& argument) { return argument.starts_with("--conf-path=/"); });
    if (is_relative && installation.configuration_path.starts_with(old_prefix)) {
      installation.configuration_path =
          installation.prefix + installation.configuration_path.substr(old_prefix.size());
    }
  }
  if (!path.empty()) installation.configuration_path = against(installation.prefix, path);
  if (!log.empty()) installation.error_log = log;
}

std::string pid_file(const Configuration& configuration, const Installation& installation) {
  const Directive* const named = configuration.root().find_first("pid");
  if (named != nullptr && !named->argument(0).empty())
    return configuration.full_path(named->argument(0), PathBase::prefix);
  return against(installation.prefix, installation.pid_file);
}

ErrorLog start_error_log(const Installation& installation) {
  ErrorLog log;
  log.kind = installation.error_log == "stderr" ? ErrorLog::Kind::stderr_ : ErrorLog::Kind::file;
  log.path = log.kind == ErrorLog::Kind::file ? against(installation.prefix, installation.error_log)
                                              : installation.error_log;
  return log;
}

std::vector<ErrorLog> error_logs(const Configuration& configuration,
                                 const Installation& installation) {
  std::vector<ErrorLog> logs;
  collect(configuration.root(), configuration, logs);
  if (configuration.root().find("error_log").empty())
    logs.insert(logs.begin(), start_error_log(installation));
  return logs;
}

std::vector<ErrorLog> effective_error_logs(const Directive& block,
                                           const Configuration& configuration,
                                           const Installation& installation) {
  for (const Directive* level = &block; level != nullptr; level = level->parent) {
    std::vector<ErrorLog> logs;
    for (const Directive* directive : level->find("error_log"))
      logs.push_back(read_error_log(*directive, configuration));
    if (!logs.empty()) return logs;
  }
  return {start_error_log(installation)};
}

}  // namespace handshaked::nginx
