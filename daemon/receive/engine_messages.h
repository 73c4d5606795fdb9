#pragma once

#include <string>
#include <string_view>

#include "receive/intake.h"
#include "receive/record/json_lines.h"
#include "receive/source_counters.h"

namespace handshaked::receive {

/// Makes records of messages that an engine (NATS, Kafka) moves, as shippers write them: a line as
/// it is, a syslog message, a JSON object, or several of these in a list or one behind another.
/// Most messages hold nothing for us and are only searched.
class EngineMessages {
 public:
  /// All are borrowed; `reader` is used within each call only.
  EngineMessages(Intake& intake, const FieldNames& names, JsonRecordReader& reader,
                 SourceCounters& counters)
      : intake_(intake), json_(intake, names, reader), counters_(counters) {}

  /// True when something was added to the intake. `payload` is borrowed for the call.
  bool add(std::string_view payload);
  /// Whose messages come from now on, where they name no host.
  void set_host(std::string_view host);

 private:
  bool add_line(std::string_view line);
  void add_json(std::string_view payload);

  Intake& intake_;
  JsonLines json_;
  SourceCounters& counters_;
  std::string previous_;  ///< the line before, if it was not looked into
  std::string padded_;
};

}  // namespace handshaked::receive
