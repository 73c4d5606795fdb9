#include "diagnose/host/nginx_at_hand.h"

namespace handshaked::diagnose {
namespace {

constexpr std::size_t kMaxDumpBytes = 64U << 20;

Result<nginx::Configuration> read_dump_file(const NginxPlace& place,
                                            const nginx::ConfigurationFiles& files) {
  TRY(const std::string dump, files.read(place.dump, kMaxDumpBytes));
  return nginx::Configuration::from_dump(dump, {.prefix = place.prefix, .limits = {}});
}

}  // namespace

Result<NginxAtHand> read_nginx(const NginxPlace& place) {
  NginxAtHand at_hand;
  if (!place.dump.empty()) {
    TRY(nginx::Configuration configuration, read_dump_file(place, at_hand.files));
    at_hand.is_dump = true;
    at_hand.read = std::make_unique<const ReadConfiguration>(std::move(configuration),
                                                             at_hand.installation.version);
    return at_hand;
  }
  InstalledNginx installed = find_nginx(place.configuration, place.prefix);
  at_hand.program = std::move(installed.program);
  at_hand.installation = std::move(installed.installation);
  at_hand.running = std::move(installed.running);
  if (at_hand.running) at_hand.loaded_at = at_hand.running->loaded_at;
  const bool is_named = !place.configuration.empty();
  const std::string path = is_named ? place.configuration : at_hand.installation.configuration_path;
  // A running nginx knows its own -p; that of the installed one counts for its own configuration
  // only.
  const bool is_its_own = !is_named || at_hand.running ||
                          place.configuration == at_hand.installation.configuration_path;
  const std::string prefix =
      !place.prefix.empty() || !is_its_own ? place.prefix : at_hand.installation.prefix;
  auto configuration =
      nginx::Configuration::load(path, at_hand.files, {.prefix = prefix, .limits = {}});
  if (!configuration) {
    if (place.configuration.empty() && configuration.error().code() == ErrorCode::not_found)
      return at_hand;
    return std::move(configuration).as_failure();
  }
  at_hand.read = std::make_unique<const ReadConfiguration>(std::move(configuration).value(),
                                                           at_hand.installation.version);
  return at_hand;
}

std::optional<LoadTime> loaded_at(const NginxAtHand& nginx) {
  return nginx.running ? loaded_at(*nginx.running) : std::nullopt;
}

Surroundings surroundings_of(const NginxAtHand& nginx, const CaStore& ca_store, Prober& prober,
                             bool may_read_keys) {
  Surroundings surroundings;
  surroundings.nginx = nginx.read.get();
  surroundings.files = &nginx.files;
  surroundings.installation = nginx.installation;
  surroundings.nginx_program = nginx.program;
  surroundings.ca_store = &ca_store;
  surroundings.prober = &prober;
  surroundings.may_read_keys = may_read_keys;
  surroundings.is_dump = nginx.is_dump;
  surroundings.now = wall_clock_now();
  // In the midst of a reload nobody knows.
  if (nginx.loaded_at && nginx.loaded_at->is_settled)
    surroundings.nginx_loaded_at = nginx.loaded_at->latest;
  surroundings.deadline = prober.deadline();
  return surroundings;
}

}  // namespace handshaked::diagnose
