#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "store/commit.h"

namespace handshaked::store {

class Database;

/// The life of a delivery:
///   ready, behind -> delivered   the receiver has it
///   ready, behind -> dead        given up; kept in the dead-letter list, from which it may be
///   tried again any unfinished or dead -> discarded   by an operator's hand
/// "behind" waits until the earlier deliveries of the same incident to the same receiver are
/// finished, in whatever way.
enum class DeliveryStatus { ready, behind, delivered, dead, discarded };

/// One row of the outbox.
struct OutboxRow {
  DeliveryId id;
  std::string receiver;
  std::string event_id;  ///< what the receiver tells repeats by
  std::string event_type;
  std::string incident_id;
  DeliveryStatus status = DeliveryStatus::ready;
  Time created_at{};
  Time not_before{};           ///< no attempt before this
  std::uint32_t attempts = 0;  ///< failed ones
  std::string last_error;      ///< why the last one failed; no secrets
  std::optional<Time> finished_at = std::nullopt;
  std::string body;
};

struct DeliveryRetry {
  DeliveryId id;
  Time next_attempt_at{};
  std::uint32_t attempts = 0;
  std::string reason;
};

struct DeadDelivery {
  DeliveryId id;
  std::string reason;
};

/// Another receiver shall have this event, too; once, however often it is said.
struct DeliveryCopy {
  DeliveryId id;
  std::string to;
};

/// Everything that one round of sending found out.
struct DeliveryOutcomes {
  std::vector<DeliveryId> delivered = {};
  std::vector<DeliveryRetry> retries = {};
  std::vector<DeadDelivery> dead = {};
  std::vector<DeliveryCopy> copies = {};
};

struct ReceiverCounts {
  std::string receiver;
  std::int64_t waiting = 0;  ///< ready or behind
  std::int64_t delivered = 0;
  std::int64_t dead = 0;
  std::int64_t discarded = 0;
  std::optional<Time> oldest_waiting = std::nullopt;  ///< when the oldest waiting one was created
};

/// The queue of deliveries: at least once, in order per incident and receiver. Rows enter through
/// Database::apply. A view of the Database, which it borrows and whose thread it keeps to. Marks
/// for rows that are finished already, or gone, change nothing (an answer may come twice).
class Outbox {
 public:
  explicit Outbox(Database& database) : database_(database) {}

  /// What may be sent to `receiver` at `now`, the longest due first; never two of one incident.
  /// Nothing is reserved: asked again before they are marked, the same rows come again. `except`
  /// are passed over, without reading their bodies.
  Result<std::vector<OutboxRow>> due(const std::string& receiver, Time now, std::size_t limit,
                                     const std::set<DeliveryId>& except = {});

  /// When due() will next have something for `receiver`: possibly in the past; nothing while
  /// nothing waits.
  Result<std::optional<Time>> next_due(const std::string& receiver);

  /// The first time after `now` at which due() will have something more.
  Result<std::optional<Time>> next_due_after(const std::string& receiver, Time now);

  /// All of it in one transaction; the single marks below are the same for one kind. How many
  /// deliveries that waited for one of these became ready.
  Result<std::size_t> mark(const DeliveryOutcomes& outcomes, Time now);
  Result<> mark_delivered(std::vector<DeliveryId> ids, Time now);
  Result<> mark_retry(DeliveryId id, Time next_attempt_at, std::uint32_t attempts,
                      std::string reason);
  Result<> mark_dead(DeliveryId id, std::string reason, Time now);

  /// Queues for `to` what has been unfinished for `receiver` since `created_before` or longer,
  /// oldest first, at most `limit`, and what `to` was not given before. How many.
  Result<std::size_t> copy_waiting(const std::string& receiver, const std::string& to,
                                   Time created_before, Time now, std::size_t limit);

  /// The newest delivered event of every open incident, for receivers that forget. At most `limit`.
  Result<std::vector<OutboxRow>> delivered_of_open(const std::string& receiver, std::size_t limit);

  /// The dead-letter list, the newest first; of every receiver when `receiver` is empty.
  Result<std::vector<OutboxRow>> list_dead(const std::string& receiver, std::size_t limit);

  /// The newest first, without their bodies; of every status and receiver when these are empty.
  Result<std::vector<OutboxRow>> list(std::span<const DeliveryStatus> statuses,
                                      const std::string& receiver, std::size_t limit);

  Result<std::optional<OutboxRow>> find(DeliveryId id);

  /// What waits for another attempt for `receiver` is due at `now`. How many.
  Result<std::size_t> make_due(const std::string& receiver, Time now);

  /// Puts dead deliveries back in the queue, due at `now`, with no attempts counted. How many were
  /// dead.
  Result<std::size_t> retry_dead(std::span<const DeliveryId> ids, Time now);

  /// Takes unfinished or dead deliveries out for good; their rows stay until retention. How many it
  /// took.
  Result<std::size_t> discard(std::span<const DeliveryId> ids, Time now);

  /// A line for each receiver that has rows, by name. Reads an index, not the rows.
  Result<std::vector<ReceiverCounts>> count();

 private:
  Database& database_;
};

/// What was queued about one incident, the latest first, without bodies: at most `limit`. On the
/// thread of the Database.
Result<std::vector<OutboxRow>> deliveries_of_incident(Database& database,
                                                      const std::string& incident_id,
                                                      std::size_t limit);

}  // namespace handshaked::store
