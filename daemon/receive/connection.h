#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <span>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "net/peer.h"
#include "net/server_stream.h"
#include "receive/intake.h"
#include "receive/memory_budget.h"
#include "receive/record/json_record.h"
#include "receive/source_counters.h"

namespace handshaked::receive {

/// What a session works with. References are valid until the session returns.
struct Connection {
  net::ServerStream& stream;
  Intake& intake;
  const net::Peer& peer;
  std::shared_ptr<SenderMemory> memory;  ///< the sender's: reserve what a request needs beyond a
                                         ///< few KiB, before it is allocated
  SourceCounters& counters;
  /// The thread's read buffer (kScratchBytes): whatever is in it is gone after the next co_await.
  std::span<char> scratch;
  JsonRecordReader& json;  ///< the thread's, for what is read and done with between two co_awaits
  boost::asio::any_io_executor executor;

  /// So many small pieces of work (a record, a value) are done in one go.
  static constexpr std::size_t kPiecesAtOnce = 1024;
  /// To be awaited between pieces of work that need no byte of the peer: the thread's other
  /// connections are served meanwhile.
  boost::asio::awaitable<void> let_others_work() const {
    co_await boost::asio::post(executor, boost::asio::use_awaitable);
  }
};

constexpr std::size_t kScratchBytes = 256 * 1024;

/// Speaks a protocol on one connection until it ends; the connection is closed when it returns. An
/// Error is what the peer did wrong: it is counted, and logged once a minute and source at most.
/// Must call `stream.expect_within()` before it waits for the peer.
using Session = std::function<boost::asio::awaitable<Result<>>(Connection)>;

}  // namespace handshaked::receive
