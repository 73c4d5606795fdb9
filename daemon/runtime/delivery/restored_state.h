#pragma once

#include <set>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "correlate/correlator.h"
#include "notify/dispatcher.h"
#include "store/store_thread.h"

namespace handshaked::runtime {

/// Before the first line: gives correlator and dispatcher what they held when the daemon stopped. What was open stays open,
/// what ended lately may reopen, what receivers were told is known, and silences hold. A row that cannot be read is left out
/// with a warning. Waits for the store.
Result<> restore_state(store::StoreThread& store, correlate::Correlator& correlator, notify::Dispatcher& dispatcher, Duration reopen_within,
                       Time now);

/// What receivers that are new to a running daemon were told when they were there before. Waits for the store.
std::vector<notify::NotificationRecords> told_before(store::StoreThread& store, const std::set<std::string>& receivers);
/// Incidents that are over, and somebody has to hear of it. Waits for the store.
void observe_ended(store::StoreThread& store, notify::Dispatcher& dispatcher, Time now);

/// The live incidents of a correlator, as the dispatcher asks for them. Borrows it.
class LiveIncidents final : public notify::LiveIncidents {
 public:
  explicit LiveIncidents(const correlate::Correlator& correlator) : correlator_(correlator) {}
  const correlate::Incident* find(std::string_view id) const override { return correlator_.find(id); }

 private:
  const correlate::Correlator& correlator_;
};

}  // namespace handshaked::runtime
