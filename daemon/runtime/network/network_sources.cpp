#include "runtime/network/network_sources.h"

#include <boost/asio/post.hpp>
#include <boost/asio/query.hpp>

#include "net/inherited_sockets.h"
#include "parse/time_zone.h"
#include "receive/syslog/syslog_session.h"
#include "runtime/network/engine_connections.h"
#include "runtime/network/shipper_sessions.h"
#include "telemetry/log.h"

namespace handshaked::runtime {
namespace {

namespace asio = boost::asio;

/// Of all requests under way together, on top of what idle connections need.
constexpr std::size_t kMemoryLimit = std::size_t{256} << 20;
constexpr auto kSilenceInterval = std::chrono::seconds(1);
/// For connections in the middle of an exchange when we stop.
constexpr auto kEndGrace = std::chrono::seconds(3);

std::int64_t now_in_seconds() {
  return wall_clock_now().time_since_epoch() / std::chrono::seconds(1);
}

net::TlsServerOptions tls_files(const config::NetworkSource& configured) {
  return {.certificate_file = configured.certificate,
          .key_file = configured.key,
          .client_ca_file = configured.client_ca};
}

/// What all listening sources have in common.
Result<receive::ListenOptions> listen_options(const config::NetworkSource& configured) {
  receive::ListenOptions options;
  options.intake = {.source = configured.name,
                    .time_zone = configured.time_zone,
                    .host = configured.host,
                    .sender_names_host = configured.sender_names_host,
                    .sender = {},
                    .memory = {}};
  for (const std::string& text : configured.listen) {
    TRY(auto endpoint, net::parse_endpoint(text));
    options.endpoints.push_back(std::move(endpoint));
  }
  TRY(options.allowed, net::AddressList::parse(configured.allow));
  if (!configured.certificate.empty()) {
    TRY(auto tls, net::TlsServer::create(tls_files(configured)));
    options.tls = std::make_shared<const net::TlsServer>(std::move(tls));
  }
  options.max_connections = configured.max_connections;
  options.max_per_address = std::max(options.max_connections / 4, std::size_t{16});
  options.unix_mode = configured.socket_mode;
  return options;
}

}  // namespace

NetworkSources::NetworkSources(asio::io_context& loop, BoundedQueue<NetworkBatch>& out,
                               std::shared_ptr<const match::RuleSet> rules, std::size_t threads)
    : out_(out), silence_(loop), senders_(kMemoryLimit), threads_(threads) {
  for (std::size_t i = 0; i < threads_.size(); ++i) {
    analyses_[&threads_.at(i).context()] = std::make_unique<ThreadAnalysis>(rules);
  }
}

NetworkSources::~NetworkSources() = default;

Result<> NetworkSources::open_all(const config::Config& config, const FindCursor& find_cursor) {
  for (const config::SyslogSource& source : config.syslog) {
    auto added = add_syslog(source, find_cursor);
    if (!added) return fail(added.error().wrapped("[[syslog]] \"" + source.network.name + "\""));
  }
  TRY(add_shippers(config, find_cursor));
  for (const net::InheritedSocket& socket : net::inherited_sockets()) {
    if (socket.is_taken) continue;
    telemetry::log_warning(
        "systemd holds the socket \"" + socket.name + "\" (" + socket.endpoint.text +
        ") for us, and no source listens on it: lines that arrive there are never read");
  }
  TRY(add_journals(config, find_cursor));
  return add_engines(config, find_cursor);
}

Result<NetworkSource*> NetworkSources::add_source(std::string_view section,
                                                  const config::NetworkSource& configured,
                                                  const FindCursor& find_cursor) {
  TRY(parse::TimeZone::named(configured.time_zone));
  auto& source = sources_[configured.name];
  source = std::make_unique<NetworkSource>(section, configured.name);
  if (const auto cursor = find_cursor(configured.name)) {
    const auto restored = source->delivered.restore(*cursor);
    if (!restored)
      telemetry::log_warning(
          "what " + configured.name + " had received cannot be read: " + restored.error().message(),
          {.source = configured.name});
  }
  watch(*source, configured.silent_after);
  return source.get();
}

void NetworkSources::watch(NetworkSource& source, std::chrono::milliseconds silent_after) {
  if (silent_after.count() > 0)
    watched_.push_back(
        {.source = &source,
         .silent_after = std::chrono::duration_cast<std::chrono::seconds>(silent_after)});
}

Result<> NetworkSources::add_listener(receive::ListenOptions options, receive::Session session,
                                      receive::Listener::DatagramReader datagrams,
                                      const config::NetworkSource& configured,
                                      NetworkSource& source) {
  auto listener = std::make_unique<receive::Listener>(std::move(options), std::move(session),
                                                      std::move(datagrams), threads_, *this,
                                                      senders_, source.counters);
  TRY(listener->open());
  for (const net::ListeningSocket& socket : listener->sockets()) {
    std::string where = socket.endpoint().text;
    if (socket.endpoint().port == 0 && !socket.endpoint().is_unix())
      where += " (port " + std::to_string(socket.port()) + ")";
    telemetry::log_info(source.name + " listens on " + where, {.source = source.name});
  }
  if (!configured.certificate.empty())
    certified_.push_back({.listener = listener.get(), .files = tls_files(configured)});
  listeners_.push_back(std::move(listener));
  return success();
}

Result<> NetworkSources::add_syslog(const config::SyslogSource& configured,
                                    const FindCursor& find_cursor) {
  TRY(auto options, listen_options(configured.network));
  TRY(NetworkSource* const source, add_source("syslog", configured.network, find_cursor));
  const receive::SyslogOptions syslog{.message_limit = configured.max_message,
                                      .idle = configured.idle_timeout};
  return add_listener(std::move(options), receive::syslog_session(syslog),
                      receive::syslog_datagrams(configured.max_datagram), configured.network,
                      *source);
}

Result<> NetworkSources::add_shippers(const config::Config& config, const FindCursor& find_cursor) {
  const auto named = [](std::string_view section, const config::NetworkSource& source,
                        const Result<>& added) {
    return added ? added
                 : Result<>(fail(added.error().wrapped("[[" + std::string(section) + "]] \"" +
                                                       source.name + "\"")));
  };
  for (const config::HttpSource& source : config.http) {
    TRY(named("http", source.network,
              add_shipper(
                  "http", source.network,
                  keep_tokens(make_http_listener(source), source.network.name, source.token_files),
                  find_cursor)));
  }
  for (const config::EdgeSource& source : config.edges) {
    config::NetworkSource network = source.network;
    network.silent_after = {};  // each edge is watched by itself
    TRY(named("edge", network,
              add_shipper("edge", network,
                          keep_tokens(make_edge_listener(source), network.name, source.token_files),
                          find_cursor)));
  }
  for (const config::ForwardSource& source : config.forward) {
    TRY(named("forward", source.network,
              add_shipper("forward", source.network, make_forward_session(source, config.host),
                          find_cursor)));
  }
  for (const config::LumberjackSource& source : config.lumberjack) {
    TRY(named(
        "lumberjack", source.network,
        add_shipper("lumberjack", source.network, make_lumberjack_session(source), find_cursor)));
  }
  return success();
}

Result<receive::Session> NetworkSources::keep_tokens(Result<HttpListener> made,
                                                     const std::string& source,
                                                     const std::vector<std::string>& files) {
  TRY(HttpListener listener, std::move(made));
  if (listener.tokens != nullptr)
    guarded_.push_back({.source = source, .files = files, .tokens = std::move(listener.tokens)});
  return std::move(listener.session);
}

Result<> NetworkSources::add_shipper(std::string_view section,
                                     const config::NetworkSource& configured,
                                     Result<receive::Session> session,
                                     const FindCursor& find_cursor) {
  TRY(auto speaks, std::move(session));
  TRY(auto options, listen_options(configured));
  TRY(NetworkSource* const source, add_source(section, configured, find_cursor));
  return add_listener(std::move(options), std::move(speaks), {}, configured, *source);
}

Result<> NetworkSources::add_journals(const config::Config& config, const FindCursor& find_cursor) {
  for (const config::JournalSource& configured : config.journals) {
    const auto wrapped = [&configured](const Error& error) {
      return error.wrapped("[[journal]] \"" + configured.name + "\"");
    };
    if (const auto zone = parse::TimeZone::named(configured.time_zone); !zone)
      return fail(wrapped(zone.error()));
    auto reader = receive::JournalReader::open(
        configured.directory, {.units = configured.units, .identifiers = configured.identifiers});
    if (!reader) return fail(wrapped(reader.error()));
    if (!reader.value().sees_files()) {
      telemetry::log_warning(
          configured.name +
              " sees no journal files: does its user belong to the group systemd-journal?",
          {.source = configured.name});
    }
    const auto gone = reader.value().begin(find_cursor(configured.name), configured.from_start);
    if (!gone) return fail(wrapped(gone.error()));
    if (gone.value())
      telemetry::log_warning(configured.name +
                                 ": the saved position is no longer in the journal; entries may "
                                 "have been removed unread",
                             {.id = telemetry::message_id::log_lost, .source = configured.name});
    auto& source = sources_[configured.name];
    source = std::make_unique<NetworkSource>("journal", configured.name);
    const receive::IntakeOptions options{.source = configured.name,
                                         .time_zone = configured.time_zone,
                                         .host = configured.host,
                                         .sender_names_host = true,
                                         .sender = {},
                                         .memory = {}};
    journals_.push_back(std::make_unique<JournalFollower>(
        std::move(reader).value(), options, threads_.first(), *this, source->counters));
  }
  return success();
}

Result<> NetworkSources::add_engines(const config::Config& config, const FindCursor& find_cursor) {
  for (const config::NatsSource& configured : config.nats) {
    TRY(add_engine("nats", configured.engine,
                   make_engine_source(configured, find_cursor(configured.engine.name)),
                   configured.carries_edges));
  }
  for (const config::KafkaSource& configured : config.kafka) {
    TRY(add_engine("kafka", configured.engine,
                   make_engine_source(configured, find_cursor(configured.engine.name)),
                   configured.carries_edges));
  }
  return success();
}

Result<> NetworkSources::add_engine(std::string_view section,
                                    const config::EngineSource& configured,
                                    Result<std::unique_ptr<engine::Source>> made,
                                    bool carries_edges) {
  const std::string where = "[[" + std::string(section) + "]] \"" + configured.name + "\"";
  if (!made) return fail(made.error().wrapped(where));
  if (const auto zone = parse::TimeZone::named(configured.time_zone); !zone)
    return fail(zone.error().wrapped(where));
  auto& source = sources_[configured.name];
  source = std::make_unique<NetworkSource>(section, configured.name);
  if (!carries_edges) watch(*source, configured.silent_after);  // each edge is watched by itself
  EngineFollowerOptions options{.intake = {.source = configured.name,
                                           .time_zone = configured.time_zone,
                                           .host = configured.host,
                                           .sender_names_host = true,
                                           .sender = {},
                                           .memory = {}},
                                .fields = configured.fields,
                                .is_host_in_key = configured.is_host_in_key};
  if (carries_edges)
    options.edges_silent_after =
        std::chrono::duration_cast<std::chrono::seconds>(configured.silent_after);
  engines_[configured.name] = std::make_unique<EngineFollower>(
      std::move(made).value(), std::move(options), threads_.least_busy(), *this, source->counters);
  return success();
}

std::unique_ptr<receive::Intake> NetworkSources::open(const asio::any_io_executor& executor,
                                                      const receive::IntakeOptions& options) {
  ThreadAnalysis& analysis = *analyses_.at(&asio::query(executor, asio::execution::context));
  return std::make_unique<NetworkIntake>(executor, options, *sources_.at(options.source), analysis,
                                         out_);
}

void NetworkSources::start() {
  if (count() == 0) return;
  for (const auto& listener : listeners_) listener->start();
  for (const auto& journal : journals_) journal->start();
  for (const auto& [name, engine] : engines_) engine->start();
  threads_.start();
  running_ = true;
  for (Watched& watched : watched_) watched.since = now_in_seconds();
  watch_for_silence();
}

void NetworkSources::use_rules(std::shared_ptr<const match::RuleSet> rules) {
  for (const auto& [context, analysis] : analyses_) analysis->use_rules(rules);
}

void NetworkSources::reload_credentials() {
  reload_certificates();
  reload_tokens();
}

void NetworkSources::reload_tokens() {
  for (const Guarded& guarded : guarded_) {
    auto tokens = read_tokens(guarded.files);
    if (tokens) {
      guarded.tokens->use(std::move(tokens).value());
    } else {
      telemetry::log_error(guarded.source +
                               ": the tokens were not reloaded, the previous ones stay in use: " +
                               tokens.error().message(),
                           {.source = guarded.source});
    }
  }
}

void NetworkSources::reload_certificates() {
  for (const Certified& certified : certified_) {
    auto tls = net::TlsServer::create(certified.files);
    if (tls) {
      certified.listener->use_tls(std::make_shared<const net::TlsServer>(std::move(tls).value()));
    } else {
      telemetry::log_error(
          certified.listener->options().intake.source +
              ": the certificate was not reloaded, the previous one stays in use: " +
              tls.error().message(),
          {.source = certified.listener->options().intake.source});
    }
  }
}

void NetworkSources::stop() {
  if (!running_) return;
  threads_.stop(kEndGrace);
  running_ = false;
}

void NetworkSources::pass_through_threads(std::function<void()> then) {
  for (std::size_t i = 0; running_ && i < threads_.size(); ++i) {
    then = [&context = threads_.at(i).context(), then = std::move(then)] {
      asio::post(context, then);
    };
  }
  then();
}

std::vector<std::pair<std::string, const receive::SourceCounters*>> NetworkSources::counters()
    const {
  std::vector<std::pair<std::string, const receive::SourceCounters*>> all;
  for (const auto& [name, source] : sources_) all.emplace_back(name, &source->counters);
  return all;
}

void NetworkSources::add_figures(std::vector<telemetry::SourceMetrics>& into) const {
  for (const auto& [name, source] : sources_) {
    const receive::SourceCounters& counters = source->counters;
    telemetry::SourceMetrics figures{.kind = source->kind,
                                     .name = name,
                                     .last_line_at = {},
                                     .lag_bytes = {},
                                     .listener = {},
                                     .engine = {}};
    figures.bytes = counters.bytes;
    figures.lines = counters.records;
    figures.candidates = counters.candidates;
    figures.matched = counters.matched;
    figures.untrusted = counters.untrusted;
    if (counters.last_seen_seconds != 0)
      figures.last_line_at = Time(std::chrono::seconds(counters.last_seen_seconds));
    figures.listener =
        telemetry::ListenerMetrics{.batches = counters.batches,
                                   .malformed = counters.malformed,
                                   .without_host = counters.without_host,
                                   .duplicates = counters.duplicates,
                                   .refused_full = counters.refused_full,
                                   .datagrams_lost = counters.datagrams_lost,
                                   .cut_lines = counters.cut_lines,
                                   .connections = counters.connections,
                                   .open_connections = counters.open_connections,
                                   .refused_connections = counters.refused_connections,
                                   .failed_connections = counters.failed_connections};
    if (const auto follower = engines_.find(name); follower != engines_.end()) {
      engine::Standing standing = follower->second->standing();
      if (!standing.trouble.empty()) figures.state = telemetry::SourceMetrics::State::unreadable;
      figures.engine = telemetry::EngineMetrics{.partitions = std::move(standing.partitions),
                                                .trouble = std::move(standing.trouble),
                                                .waiting = standing.waiting,
                                                .redelivered = standing.redelivered,
                                                .errors = standing.errors};
    }
    into.push_back(std::move(figures));
  }
}

void NetworkSources::watch_for_silence() {
  if (watched_.empty()) return;
  silence_.expires_after(kSilenceInterval);
  silence_.async_wait([this](boost::system::error_code error) {
    if (error) return;
    look_for_silence();
    watch_for_silence();
  });
}

void NetworkSources::look_for_silence() {
  const std::int64_t now = now_in_seconds();
  for (Watched& watched : watched_) {
    const std::int64_t seen = watched.source->counters.last_seen_seconds;
    const std::int64_t silent = now - std::max(seen, watched.since);
    const bool is_silent = silent >= watched.silent_after.count();
    if (is_silent == watched.is_silent) continue;
    watched.is_silent = is_silent;
    if (is_silent) {
      telemetry::log_warning(
          watched.source->name + " has fallen silent: nothing has come " +
              (seen == 0 ? "since the start" : "for " + std::to_string(silent) + " s"),
          {.id = telemetry::message_id::source_silent, .source = watched.source->name});
    } else {
      telemetry::log_info(
          watched.source->name + " sends again",
          {.id = telemetry::message_id::source_back, .source = watched.source->name});
    }
  }
}

}  // namespace handshaked::runtime
