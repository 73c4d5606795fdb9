// What operators ask about deliveries, and want done with them.
#include <charconv>
#include <memory>
#include <set>

#include "runtime/operator/operator_json.h"
#include "runtime/operator/operator_requests.h"
#include "store/outbox.h"
#include "telemetry/log.h"

namespace handshaked::runtime {
namespace {

using control::ControlAnswer;
using control::ControlRequest;

Result<std::vector<store::DeliveryId>> ids_of(const ControlRequest& request) {
  std::vector<store::DeliveryId> ids;
  for (const std::string& text : request.texts("id")) {
    store::DeliveryId id;
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), id.value);
    if (failure != std::errc() || end != text.data() + text.size())
      return fail(ErrorCode::invalid_input,
                  "\"" + text.substr(0, 64) + "\" is not the number of a delivery");
    ids.push_back(id);
  }
  return ids;
}

/// What a request is about: deliveries by number, or all dead ones, of one receiver or of
/// everybody.
struct ChosenDeliveries {
  std::vector<store::DeliveryId> ids;
  bool all = false;
  std::string receiver;  ///< with `all`; empty: everybody's

  static Result<ChosenDeliveries> read(const ControlRequest& request) {
    TRY(auto ids, ids_of(request));
    ChosenDeliveries chosen{std::move(ids), request.text("all") == "true",
                            request.text("receiver")};
    if (chosen.ids.empty() == !chosen.all)
      return fail(ErrorCode::invalid_input, "name deliveries, or all dead ones with --all");
    return chosen;
  }
  Result<> find_dead(store::Outbox& outbox, std::size_t most) {
    if (!all) return success();
    TRY(const auto dead, outbox.list_dead(receiver, most));
    for (const store::OutboxRow& row : dead) ids.push_back(row.id);
    return success();
  }
  ControlAnswer changed(std::size_t count) const {
    if (count == 0 && !all)
      return ControlAnswer::refused("not_found", "none of these is unfinished or dead");
    return ControlAnswer::done("{\"changed\":" + std::to_string(count) + "}");
  }
};

}  // namespace

void OperatorRequests::list_deliveries(const Request& request, Reply reply) {
  const auto statuses = statuses_of(request.text("status"));
  if (!statuses) return reply(Answer::refused(statuses.error()));
  const auto list = [statuses = statuses.value(), receiver = request.text("receiver"),
                     limit = limit_of(request)](store::Database& database) {
    const auto rows = store::Outbox(database).list(statuses, receiver, limit);
    if (!rows) return ControlAnswer::refused(rows.error());
    std::string out;
    for (const store::OutboxRow& row : rows.value()) append_delivery(out, row, false);
    return ControlAnswer::done("{\"deliveries\":[" + out + "]}");
  };
  ask_store(list, std::move(reply));
}

void OperatorRequests::show_delivery(const Request& request, Reply reply) {
  const auto ids = ids_of(request);
  if (!ids || ids.value().size() != 1)
    return reply(ids ? Answer::refused("invalid", "name one delivery")
                     : Answer::refused(ids.error()));
  const auto show = [id = ids.value().front()](store::Database& database) {
    const auto row = store::Outbox(database).find(id);
    if (!row) return ControlAnswer::refused(row.error());
    if (!row.value())
      return ControlAnswer::refused("not_found",
                                    "no delivery has the number " + std::to_string(id.value));
    std::string out;
    append_delivery(out, *row.value(), true);
    return ControlAnswer::done(out);
  };
  ask_store(show, std::move(reply));
}

/// What waits for its next attempt, or for a receiver that rests, goes as well: who says "again"
/// knows that it is there.
void OperatorRequests::retry_deliveries(const Request& request, Reply reply) {
  auto read = ChosenDeliveries::read(request);
  if (!read) return reply(Answer::refused(read.error()));
  const auto receivers = std::make_shared<std::set<std::string>>();
  if (read.value().all) receivers->insert(read.value().receiver);
  const auto retry = [chosen = std::move(read).value(), receivers,
                      now = wall_clock_now()](store::Database& database) mutable {
    store::Outbox outbox(database);
    std::size_t waiting = 0;
    for (const store::DeliveryId id : chosen.ids) {
      const auto row = outbox.find(id);
      if (!row) return ControlAnswer::refused(row.error());
      if (!row.value()) continue;
      const bool is_dead = row.value()->status == store::DeliveryStatus::dead;
      if (row.value()->finished_at && !is_dead) continue;
      receivers->insert(row.value()->receiver);
      waiting += is_dead ? 0 : 1;
    }
    if (const auto found = chosen.find_dead(outbox, kMostListed); !found)
      return ControlAnswer::refused(found.error());
    const auto moved = outbox.retry_dead(chosen.ids, now);
    if (!moved) return ControlAnswer::refused(moved.error());
    return chosen.changed(moved.value() + waiting);
  };
  ask_store(retry, [this, reply, receivers](ControlAnswer answer) {
    if (answer.is_ok) {
      for (const std::string& receiver : *receivers) daemon_.try_receiver(receiver);
    }
    reply(std::move(answer));
  });
}

void OperatorRequests::discard_deliveries(const Request& request, Reply reply) {
  auto read = ChosenDeliveries::read(request);
  if (!read) return reply(Answer::refused(read.error()));
  const auto discard = [chosen = std::move(read).value(),
                        now = wall_clock_now()](store::Database& database) mutable {
    store::Outbox outbox(database);
    if (const auto found = chosen.find_dead(outbox, kMostListed); !found)
      return ControlAnswer::refused(found.error());
    const auto moved = outbox.discard(chosen.ids, now);
    return moved ? chosen.changed(moved.value()) : ControlAnswer::refused(moved.error());
  };
  ask_store(discard, [this, reply](ControlAnswer answer) {
    if (answer.is_ok) daemon_.deliveries_changed();
    reply(std::move(answer));
  });
}

ControlAnswer OperatorRequests::try_receiver(const Request& request) {
  const std::string receiver = request.text("receiver");
  if (receiver.empty()) return Answer::refused("invalid", "name a receiver");
  if (!daemon_.try_receiver(receiver))
    return Answer::refused("not_found", "no receiver is called \"" + receiver.substr(0, 64) + "\"");
  telemetry::log_info(
      request.peer.name + " says that " + receiver + " can be reached",
      {.id = telemetry::message_id::operator_act, .receiver = receiver, .is_record = true});
  return Answer::done("{}");
}

}  // namespace handshaked::runtime
