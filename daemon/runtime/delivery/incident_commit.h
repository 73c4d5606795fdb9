#pragma once

#include <string>
#include <vector>

#include "config/config.h"
#include "correlate/correlator.h"
#include "notify/dispatcher.h"
#include "runtime/service/rule_base.h"
#include "store/commit.h"

namespace handshaked::runtime {

/// Turns what the correlator and the dispatcher have decided into one commit: the rows of
/// incidents, an event for each notice, and what each receiver has been told with it.
class IncidentCommit {
 public:
  /// `page` is where people open the page, with a slash at its end; empty: messages have no link to
  /// it. `command_options`: see event::EventOptions.
  IncidentCommit(std::string host, std::vector<config::Receiver> receivers, std::string page = {},
                 std::string command_options = {})
      : host_(std::move(host)),
        page_(std::move(page)),
        command_options_(std::move(command_options)),
        receivers_(std::move(receivers)) {}

  void use_receivers(std::vector<config::Receiver> receivers) { receivers_ = std::move(receivers); }

  /// The rows of what has changed.
  void add(const std::vector<correlate::IncidentChange>& changes, store::Commit& commit) const;
  /// The events that are due.
  void add(const notify::Dispatcher::Decisions& decisions, const RuleBase& base, Time now,
           store::Commit& commit) const;

 private:
  void add_delivery(const notify::Notice& notice, const RuleBase& base, Time now,
                    store::Commit& commit) const;

  std::string host_, page_, command_options_;
  std::vector<config::Receiver> receivers_;
};

}  // namespace handshaked::runtime
