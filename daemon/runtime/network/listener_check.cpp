#include "runtime/network/listener_check.h"

#include <string_view>

#include "net/tls_server.h"
#include "runtime/delivery/secret_path.h"
#include "runtime/network/engine_connections.h"
#include "runtime/network/http_listener.h"
#include "runtime/network/shipper_sessions.h"

namespace handshaked::runtime {
namespace {

class Problems {
 public:
  template <class Source, class Checked>
  void note(std::string_view section, const Source& source, const Checked& checked) {
    if (!checked)
      all_.push_back(std::string(section) + " \"" + source.name +
                     "\": " + checked.error().message());
  }
  void look_at_tls(std::string_view section, const config::NetworkSource& source) {
    if (source.certificate.empty()) return;
    note(section, source,
         net::TlsServer::create({.certificate_file = source.certificate,
                                 .key_file = source.key,
                                 .client_ca_file = source.client_ca}));
  }
  std::vector<std::string> take() { return std::move(all_); }

 private:
  std::vector<std::string> all_;
};

}  // namespace

std::vector<std::string> listener_problems(const config::Config& config) {
  Problems problems;
  for (const config::SyslogSource& source : config.syslog)
    problems.look_at_tls("[[syslog]]", source.network);
  for (config::HttpSource source : config.http) {
    problems.look_at_tls("[[http]]", source.network);
    std::erase_if(source.token_files, is_out_of_reach);
    problems.note("[[http]]", source.network, make_http_listener(source));
  }
  for (config::EdgeSource source : config.edges) {
    problems.look_at_tls("[[edge]]", source.network);
    std::erase_if(source.token_files, is_out_of_reach);
    problems.note("[[edge]]", source.network, make_edge_listener(source));
  }
  for (config::ForwardSource source : config.forward) {
    problems.look_at_tls("[[forward]]", source.network);
    if (is_out_of_reach(source.shared_key_file)) source.shared_key_file.clear();
    if (is_out_of_reach(source.users_file)) source.users_file.clear();
    problems.note("[[forward]]", source.network, make_forward_session(source, "localhost"));
  }
  for (const config::LumberjackSource& source : config.lumberjack)
    problems.look_at_tls("[[lumberjack]]", source.network);
  for (const config::NatsSource& source : config.nats) {
    if (!has_secret_out_of_reach(source.servers))
      problems.note("[[nats]]", source.engine, make_engine_source(source, {}));
  }
  for (const config::KafkaSource& source : config.kafka) {
    if (!has_secret_out_of_reach(source.brokers))
      problems.note("[[kafka]]", source.engine, make_engine_source(source, {}));
  }
  return problems.take();
}

}  // namespace handshaked::runtime
