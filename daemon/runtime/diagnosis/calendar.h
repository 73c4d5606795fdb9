#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "base/clock.h"
#include "correlate/correlator.h"
#include "diagnose/calendar/coming_break.h"
#include "diagnose/calendar/peer_watch.h"
#include "diagnose/calendar/renewal_book.h"
#include "runtime/diagnosis/nginx_view.h"
#include "runtime/service/rule_base.h"
#include "store/database/store_thread.h"

namespace handshaked::runtime {

struct CalendarOptions {
  std::string host;
  bool is_enabled = true;
  std::vector<std::chrono::seconds> lead_times;  ///< the longest first
  std::chrono::milliseconds first_look{5000};    ///< after start()
  std::chrono::milliseconds look_interval{
      10000};          ///< whether nginx has changed; its files are read then, and once a day
  bool watch = false;  ///< peers are looked at, too
  std::chrono::seconds watch_interval{24 * 60 * 60};
  std::chrono::milliseconds time_limit{15000};  ///< of one look at all of them
  std::function<void()> on_handshake = {};      ///< before each handshake; from another thread
  std::function<Time()> now = wall_clock_now;
};

/// What ends when on this host, and what breaks then: read from the files of nginx's configuration
/// in the background, daily and when nginx has loaded them anew, and told ahead of time as
/// incidents (handshaked/will-break). Learns how often each certificate is renewed, and keeps that
/// in the store. Where peers may be watched, each is asked for its chain daily, with jitter, one
/// handshake as nginx makes it, sooner while it fails by a change: told as handshaked/peer-changed.
/// What nginx has not loaded yet ends nothing: it works with the old files. Loop thread only; what
/// is slow happens on a thread of its own.
class Calendar {
 public:
  /// `foreseen`: incidents have changed, look at what is due. What it borrows outlives it.
  Calendar(boost::asio::any_io_executor loop, CalendarOptions options,
           std::shared_ptr<NginxView> nginx, std::shared_ptr<const RuleBase> base,
           correlate::Correlator& correlator, store::StoreThread& store,
           std::function<void()> foreseen);
  ~Calendar();

  /// What the store has under these names; empty: nothing. Before start().
  void restore(const std::string& renewals, const std::string& peers);
  void use_rules(std::shared_ptr<const RuleBase> base) { base_ = std::move(base); }
  void start();
  /// Nothing is foreseen any more. Waits for nothing.
  void stop();

  /// What ends, the next first; nothing that has ended.
  std::vector<diagnose::CalendarEntry> entries() const;

  /// Under which name the store keeps it, among the read positions.
  static constexpr std::string_view kRenewalsRow = "calendar:renewals",
                                    kPeersRow = "calendar:peers";

 private:
  /// What a peer answered, so that nobody asks again whenever a file changes.
  struct KnownPeer {
    diagnose::PeerObservation observation;
    std::chrono::steady_clock::time_point asked_at;
    bool fails = false;
  };
  using KnownPeers = std::vector<KnownPeer>;
  /// What one reading of the files gave.
  struct Reading {
    std::shared_ptr<const NginxState> state;
    bool is_whole = false;     ///< nginx works with these files, and there was time for all of them
    bool awaits_load = false;  ///< nginx works with what they were before
    std::vector<diagnose::CalendarEntry> entries;
    std::vector<diagnose::ComingBreak> breaks;
    std::vector<std::string> unread;
    std::vector<diagnose::SeenPeer> peers;
    KnownPeers asked;  ///< the same, with when they were asked
    std::chrono::nanoseconds took{};
    bool was_round = false;    ///< peers were asked
    std::size_t left_out = 0;  ///< peers for which there was no time
  };
  /// What a look needs, copied for the worker.
  struct Question {
    std::shared_ptr<const RuleBase> base;
    std::shared_ptr<const KnownPeers> known;
    std::shared_ptr<const diagnose::PeerBook> book;
    bool is_round = false;  ///< peers whose answer is old are asked
  };
  /// Shared with the looks that are under way.
  struct Look {
    bool is_stopped = false;
  };

  void wait(std::chrono::milliseconds time);
  void look();
  void take(Reading reading);
  void take_peers(Time now);
  void plan_round();
  void keep_until_loaded(const std::vector<diagnose::ComingBreak>& before);
  void decide(Time now);
  void keep();
  void keep_row(std::string_view row, std::string text, std::string& kept);
  std::chrono::milliseconds with_jitter(std::chrono::milliseconds time);
  static const KnownPeer* find_peer(const KnownPeers& known, const diagnose::PeerAddress& address,
                                    const diagnose::ProbeRequest& request);
  static std::shared_ptr<const Reading> look_at(const std::shared_ptr<const NginxState>& state,
                                                const Question& question,
                                                const CalendarOptions& options);

  boost::asio::any_io_executor loop_;
  const CalendarOptions options_;
  std::shared_ptr<NginxView> nginx_;
  std::shared_ptr<const RuleBase> base_;
  correlate::Correlator& correlator_;
  store::StoreThread& store_;
  std::function<void()> foreseen_;
  boost::asio::steady_timer timer_;
  boost::asio::thread_pool worker_{1};
  std::shared_ptr<Look> look_ = std::make_shared<Look>();
  Reading reading_;    ///< the last one
  Time read_at_{};     ///< and when
  Time decided_at_{};  ///< when it was last compared with the time
  diagnose::RenewalBook renewals_;
  std::shared_ptr<const diagnose::PeerBook> peers_ = std::make_shared<const diagnose::PeerBook>();
  std::shared_ptr<const KnownPeers> known_ = std::make_shared<const KnownPeers>();
  std::chrono::steady_clock::time_point next_round_{};
  std::chrono::steady_clock::time_point rests_until_{};
  bool had_round_ = false;
  std::minstd_rand random_{std::random_device{}()};
  std::string kept_renewals_, kept_peers_;  ///< what the store has
  std::string told_unread_;
};

}  // namespace handshaked::runtime
