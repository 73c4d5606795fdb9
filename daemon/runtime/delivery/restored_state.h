#pragma once

#include <functional>
#include <set>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "correlate/correlator.h"
#include "notify/dispatcher.h"
#include "store/database/store_thread.h"

namespace handshaked::runtime {

/// Before the first line: gives correlator and dispatcher what they held when the daemon stopped.
/// What was open stays open, what ended lately may reopen, what receivers were told is known, and
/// silences hold. A row that cannot be read is left out with a warning. Waits for the store.
Result<> restore_state(store::StoreThread& store, correlate::Correlator& correlator,
                       notify::Dispatcher& dispatcher, Duration reopen_within, Time now);

/// What receivers that come back to a running daemon were told when they were there before, and
/// which incidents are over since, so that somebody has to hear of it.
struct ToldBefore {
  std::vector<notify::NotificationRecord> told;
  std::vector<correlate::Incident> ended;
};
/// Asks the store; `answer` is called once, on its thread (or at once, when it takes no more).
void find_told_before(store::StoreThread& store, std::set<std::string> receivers, Time now,
                      const std::function<void(const ToldBefore&)>& answer);

/// The live incidents of a correlator, as the dispatcher asks for them. Borrows it.
class LiveIncidents final : public notify::LiveIncidents {
 public:
  explicit LiveIncidents(const correlate::Correlator& correlator) : correlator_(correlator) {}
  const correlate::Incident* find(std::string_view id) const override {
    return correlator_.find(id);
  }

 private:
  const correlate::Correlator& correlator_;
};

}  // namespace handshaked::runtime
