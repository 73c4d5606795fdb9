#pragma once

#include "base/clock.h"
#include "base/result.h"
#include "correlate/correlator.h"
#include "notify/dispatcher.h"
#include "store/store_thread.h"

namespace handshaked::stages {

/// Before the first line: gives correlator and dispatcher what they held when the daemon stopped. What was open stays open,
/// what ended lately may reopen, what receivers were told is known, and silences hold. A row that cannot be read is left out
/// with a warning. Waits for the store.
Result<> restore_state(store::StoreThread& store, correlate::Correlator& correlator, notify::Dispatcher& dispatcher, Duration reopen_within,
                       Time now);

/// The live incidents of a correlator, as the dispatcher asks for them. Borrows it.
class LiveIncidents final : public notify::LiveIncidents {
 public:
  explicit LiveIncidents(const correlate::Correlator& correlator) : correlator_(correlator) {}
  const correlate::Incident* find(std::string_view id) const override { return correlator_.find(id); }

 private:
  const correlate::Correlator& correlator_;
};

}  // namespace handshaked::stages
