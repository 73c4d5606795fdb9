#include "config/reload.h"

namespace handshaked::config {

std::vector<std::string> changes_for_restart(const Config& running, const Config& next) {
  std::vector<std::string> changed;
  const auto compare = [&changed](const char* name, const auto& was, const auto& is) {
    if (!(was == is)) changed.emplace_back(name);
  };
  compare("host", running.host, next.host);
  compare("language (of the web page)", running.language, next.language);
  compare("readers", running.readers, next.readers);
  compare("[rules] directory", running.rules_directory, next.rules_directory);
  compare("[state] database", running.database, next.database);
  compare("[state] retention", running.retention, next.retention);
  compare("[state] retention_mib", running.retention_bytes, next.retention_bytes);
  compare("[incidents] transport_lines", running.transport_lines, next.transport_lines);
  compare("[incidents] transport_window", running.transport_window, next.transport_window);
  compare("[incidents] resolve_after", running.resolve_after, next.resolve_after);
  compare("[incidents] reopen_within", running.reopen_within, next.reopen_within);
  compare("[incidents] max_incidents", running.max_incidents, next.max_incidents);
  compare("[nginx]", running.nginx, next.nginx);
  compare("[diagnosis]", running.diagnosis, next.diagnosis);
  compare("[calendar]", running.calendar, next.calendar);
  compare("[[files]]", running.files, next.files);
  compare("[[syslog]]", running.syslog, next.syslog);
  compare("[[http]]", running.http, next.http);
  compare("[[forward]]", running.forward, next.forward);
  compare("[[lumberjack]]", running.lumberjack, next.lumberjack);
  compare("[[edge]]", running.edges, next.edges);
  compare("[labels]", running.labels, next.labels);
  compare("[[journal]]", running.journals, next.journals);
  compare("[[nats]]", running.nats, next.nats);
  compare("[[kafka]]", running.kafka, next.kafka);
  compare("[group]", running.group, next.group);
  compare("[control]", running.control, next.control);
  compare("[web]", running.web, next.web);
  return changed;
}

}  // namespace handshaked::config
