#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "correlate/failure_fold.h"
#include "receive/http/edge_report.h"
#include "receive/memory_budget.h"

namespace handshaked::runtime {

/// What came over the network since the last hand-over of one sender: only sent when it holds
/// something.
struct NetworkBatch {
  std::string source;  ///< the name of the cursor
  std::string cursor;  ///< empty: none, or what make_cursor says
  std::function<std::string()>
      make_cursor;  ///< asked on the loop, in the order of the commits; may be empty
  std::vector<correlate::FailureBatch>
      found;  ///< more than one only when the rules were exchanged in between
  std::vector<receive::EdgeReport> reports = {};  ///< of edges
  std::shared_ptr<receive::Reservation> memory;   ///< what `found` takes of its sender's share
  /// Called once, on the store thread, when it is durable or never will be. Empty when nobody waits
  /// for it.
  std::function<void(Result<>)> committed;
};

}  // namespace handshaked::runtime
