#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include "base/result.h"
#include "receive/http/edge_report.h"
#include "receive/memory_budget.h"

namespace handshaked::receive {

/// Names of hosts are cut there (RFC 1035).
inline constexpr std::size_t kLongestHost = 255;

/// One record of a protocol that says where a record ends. Borrowed for the call.
struct Record {
  std::string_view text;  ///< nginx's line, in an envelope or without; line feeds in it stay parts
                          ///< of this record's text
  std::string_view
      host;  ///< as the sender names it; empty: what an envelope in the text says, else who sent it
  std::string_view time;  ///< RFC 3339, with zone; empty: what the text says
};

/// What can be said about a batch when it is handed over.
struct BatchOptions {
  /// The protocol's own name of what is handed over (a Forward chunk): a second one of the same
  /// name is known by `is_duplicate()`, also after a restart. Empty: the protocol has none.
  std::string_view id = {};
  /// For sources that are read from a place and not sent (the journal): where to go on after a
  /// restart, committed together with what was found. Opaque. Empty: nothing to remember.
  std::string_view cursor = {};
};

/// The way in for the lines of one sender: a connection, a socket for datagrams, the journal. Lines
/// are scanned, matched and folded in the call that adds them; nothing is kept of the others. What
/// was added since the last hand-over is one batch.
///
///   intake.add_record({...}); intake.add_record({...});
///   const auto durable = co_await intake.commit();     // acknowledge to the sender only after
///   success
///
/// Belongs to one network thread, as its connection does. Several may be open on one thread; adding
/// never waits. A batch in which nothing was recognised and which has neither id nor cursor is
/// durable at once: most are.
class Intake {
 public:
  virtual ~Intake() = default;

  /// Whole lines as they would stand in a file, each ended by '\n' (the last may lack it). Nothing
  /// but nginx's own line feeds should be in it: for records that may contain one there is
  /// add_record().
  virtual void add_lines(std::string_view lines) = 0;
  virtual void add_record(const Record& record) = 0;
  /// What another daemon says of its host: nothing in it is matched, it was already.
  virtual void add_edge_report(EdgeReport report) = 0;

  /// Who sent what is added from now on, where it names no host: for sockets that hear many
  /// senders. Empty: this host.
  virtual void set_sender(std::string_view host) = 0;

  /// Could a rule be interested in some line of `block`? Where in it, from `from` on (the beginning
  /// of a line); npos when nowhere. Holds for nginx's text and for the same text inside JSON
  /// strings, as long as these escape only what JSON demands.
  virtual std::size_t find_candidate(std::string_view block, std::size_t from) const = 0;
  bool may_matter(std::string_view bytes) const { return find_candidate(bytes, 0) < bytes.size(); }

  /// Was a batch with this id committed by this sender before, or is it about to be? (The last few
  /// hundred ids of the source are known.) Then add nothing, and acknowledge after commit() with
  /// that id all the same: it ends as the first one does, so that nothing is acknowledged that is
  /// not stored.
  virtual bool is_duplicate(std::string_view id) = 0;

  /// Hands over what was added, and resumes when it is durable. Fails with limit_exceeded when
  /// there was no room for it for `kPatience` (the store is full: tell the sender to slow down;
  /// what was added is dropped, so he has to send it again), with timeout when it was accepted but
  /// not durable after `kCommitPatience`, with cancelled at shutdown.
  virtual boost::asio::awaitable<Result<>> commit(BatchOptions options = {}) = 0;

  /// The same for protocols without acknowledgements: resumes as soon as there is room for the
  /// batch, however long that takes. Not reading meanwhile is what slows the sender. Fails with
  /// cancelled only.
  virtual boost::asio::awaitable<Result<>> hand_over() = 0;

  /// Forgets what was added since the last hand-over: the sender will send it again.
  virtual void discard() = 0;

  /// What a sender sent and we could not use: counted, with one line in our log a minute at most.
  virtual void count_malformed(std::size_t records, std::string_view why) = 0;

  static constexpr std::chrono::milliseconds kPatience{2000};
  static constexpr std::chrono::milliseconds kCommitPatience{20000};
};

/// Whose lines come through an Intake.
struct IntakeOptions {
  std::string source;  ///< the configured name of the source: counters, cursors and ids go by it
  std::string time_zone = "local";  ///< of lines that carry none
  std::string host;                 ///< of lines that name none; empty: this host's own name
  bool sender_names_host = true;    ///< false: `host` for every line, whatever it says
  std::string sender;  ///< whose batches have ids of their own: the name in its certificate, else
                       ///< its address
  std::shared_ptr<SenderMemory> memory;  ///< what is found is charged to it; null: to nobody
};

/// Opens intakes. What joins the stages implements it; called on network threads.
class IntakeFactory {
 public:
  virtual ~IntakeFactory() = default;
  /// `executor` is the network thread on which it will be used.
  virtual std::unique_ptr<Intake> open(const boost::asio::any_io_executor& executor,
                                       const IntakeOptions& options) = 0;
};

}  // namespace handshaked::receive
