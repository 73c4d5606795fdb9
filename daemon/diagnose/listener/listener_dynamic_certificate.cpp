#include <algorithm>

#include "diagnose/case/fitting_certificate.h"
#include "diagnose/case/load_error.h"
#include "diagnose/listener/listener_families.h"
#include "diagnose/texts.h"

namespace handshaked::diagnose {
namespace {

/// What the variable of "tls/$ssl_server_name.pem" was when the path came out as it did; nullopt
/// when the path is not of that pattern.
std::optional<std::string> value_in(const LocalCase& local, std::string_view pattern,
                                    const std::string& path) {
  const std::string whole =
      local.configuration().full_path(pattern, nginx::PathBase::configuration);
  const std::size_t begin = whole.find('$');
  if (begin == std::string::npos) return std::nullopt;
  const auto is_name = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '{' || c == '}';
  };
  std::size_t end = begin + 1;
  while (end < whole.size() && is_name(whole[end])) ++end;
  const std::string prefix = whole.substr(0, begin), suffix = whole.substr(end);
  const bool fits = suffix.find('$') == std::string::npos && path.starts_with(prefix) &&
                    path.ends_with(suffix) && path.size() >= prefix.size() + suffix.size();
  if (!fits) return std::nullopt;
  return path.substr(prefix.size(), path.size() - prefix.size() - suffix.size());
}

}  // namespace

bool diagnose_dynamic_certificate(LocalCase& local, const ListenerPlace& place) {
  const Symptom& symptom = local.symptom();
  if (symptom.candidates.empty() || symptom.candidates.front().cause != "server_cert_unreadable")
    return false;
  const LoadError error = parse_load_error(symptom.message);
  const std::string path(error.subject());
  local.conclude("server_cert_unreadable", 0.85);
  for (const nginx::GoverningListener& candidate : place.candidates) {
    for (const ConfiguredFile& file : certificate_files(local, *candidate.server)) {
      const auto value = file.is_dynamic ? value_in(local, file.written(), path) : std::nullopt;
      if (!value) continue;
      local.set_place(*file.directive);
      // The name is the client's own choice: it is compared with certificates here, and printed
      // quoted.
      local.add_evidence("configuration", listener_text("certificate.path_became",
                                                        {{"place", where(*file.directive)},
                                                         {"pattern", file.written()},
                                                         {"file", path}}));
      const bool is_permission = error.says("Permission denied");
      Fix fix = local.known(is_permission ? "permissions" : "map-known-names");
      const auto pair =
          is_permission ? std::nullopt : find_fitting_pair(local, std::span(&*value, 1));
      if (is_permission)
        fix.commands = {"namei -l " + shell_word(path),
                        "chgrp www-data " + shell_word(path) + " && chmod 640 " + shell_word(path)};
      if (pair)
        fix.commands = {
            "ln -s " + shell_word(pair->certificate) + " " + shell_word(path),
            "# and the key " + pair->key + " under the name that ssl_certificate_key makes of it"};
      fix.proof.detail = listener_text("certificate.read_by_worker");
      local.propose(std::move(fix));
      return true;
    }
  }
  return true;
}

}  // namespace handshaked::diagnose
