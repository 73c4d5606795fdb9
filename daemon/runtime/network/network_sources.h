#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "base/bounded_queue.h"
#include "config/config.h"
#include "net/tls_server.h"
#include "receive/listener.h"
#include "receive/network_threads.h"
#include "runtime/network/engine_follower.h"
#include "runtime/network/http_listener.h"
#include "runtime/network/journal_follower.h"
#include "runtime/network/network_intake.h"
#include "telemetry/metrics.h"

namespace handshaked::runtime {

/// All sources but files: opens sockets, follows journals and engines, runs their protocols on the
/// network threads, and puts what they found into a queue. Used from the loop thread; open() is the
/// network threads'.
class NetworkSources final : public receive::IntakeFactory {
 public:
  using FindCursor = std::function<std::optional<std::string>(const std::string& source)>;

  NetworkSources(boost::asio::io_context& loop, BoundedQueue<NetworkBatch>& out,
                 std::shared_ptr<const match::RuleSet> rules, std::size_t threads);
  ~NetworkSources() override;

  /// Opens what the configuration names. `find_cursor` tells what each source committed last.
  Result<> open_all(const config::Config& config, const FindCursor& find_cursor);
  /// Begins to take connections.
  void start();
  void use_rules(std::shared_ptr<const match::RuleSet> rules);
  /// Reads certificates, keys and client CAs again, for connections that begin from now on, and
  /// tokens, for requests that begin from now on. What cannot be read stays as it was, and our log
  /// says so.
  void reload_credentials();
  /// No more looks for silent sources; on the loop thread, before stop().
  void begin_stop() { silence_.cancel(); }
  /// Ends all connections when what they wait for is durable, and joins the threads. Blocks; not on
  /// the loop thread.
  void stop();
  /// Calls `then` when every network thread has taken it up in turn: a thread that hangs holds it
  /// back. At once when nothing listens. Loop thread, between start() and begin_stop().
  void pass_through_threads(std::function<void()> then);

  std::size_t count() const { return listeners_.size() + journals_.size() + engines_.size(); }
  /// By name, what each source has seen. The counters may be read from any thread, also while it
  /// runs.
  std::vector<std::pair<std::string, const receive::SourceCounters*>> counters() const;
  void add_figures(std::vector<telemetry::SourceMetrics>& into) const;

  /// Of the network threads, for connections that begin.
  std::unique_ptr<receive::Intake> open(const boost::asio::any_io_executor& executor,
                                        const receive::IntakeOptions& options) override;

 private:
  struct Watched {
    NetworkSource* source;
    std::chrono::seconds silent_after;
    bool is_silent = false;
    std::int64_t since = 0;
  };

  Result<NetworkSource*> add_source(std::string_view section,
                                    const config::NetworkSource& configured,
                                    const FindCursor& find_cursor);
  Result<> add_listener(receive::ListenOptions options, receive::Session session,
                        receive::Listener::DatagramReader datagrams,
                        const config::NetworkSource& configured, NetworkSource& source);
  Result<> add_syslog(const config::SyslogSource& configured, const FindCursor& find_cursor);
  Result<> add_shippers(const config::Config& config, const FindCursor& find_cursor);
  Result<> add_shipper(std::string_view section, const config::NetworkSource& configured,
                       Result<receive::Session> session, const FindCursor& find_cursor);
  Result<receive::Session> keep_tokens(Result<HttpListener> made, const std::string& source,
                                       const std::vector<std::string>& files);
  void reload_certificates();
  void reload_tokens();
  Result<> add_journals(const config::Config& config, const FindCursor& find_cursor);
  Result<> add_engines(const config::Config& config, const FindCursor& find_cursor);
  Result<> add_engine(std::string_view section, const config::EngineSource& configured,
                      Result<std::unique_ptr<engine::Source>> source, bool carries_edges);
  void watch(NetworkSource& source, std::chrono::milliseconds silent_after);
  void watch_for_silence();
  void look_for_silence();

  BoundedQueue<NetworkBatch>& out_;
  boost::asio::steady_timer silence_;
  receive::Senders senders_;
  std::map<std::string, std::unique_ptr<NetworkSource>> sources_;
  std::vector<Watched> watched_;
  std::map<const boost::asio::execution_context*, std::unique_ptr<ThreadAnalysis>>
      analyses_;  ///< one a network thread
  receive::NetworkThreads threads_;
  std::vector<std::unique_ptr<receive::Listener>> listeners_;
  struct Certified {
    receive::Listener* listener;
    net::TlsServerOptions files;
  };
  std::vector<Certified> certified_;  ///< the listeners that speak TLS
  struct Guarded {
    std::string source;
    std::vector<std::string> files;
    std::shared_ptr<receive::AcceptedTokens> tokens;
  };
  std::vector<Guarded> guarded_;  ///< the sources whose senders show a token
  std::vector<std::unique_ptr<JournalFollower>> journals_;
  std::map<std::string, std::unique_ptr<EngineFollower>, std::less<>>
      engines_;  ///< by the names of their sources
  bool running_ = false;
};

}  // namespace handshaked::runtime
