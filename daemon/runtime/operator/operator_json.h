#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/json/json_writer.h"
#include "control/control_message.h"
#include "correlate/incident.h"
#include "notify/silence.h"
#include "store/outbox.h"

namespace handshaked::runtime {

// The JSON that operators' questions are answered with. What is appended to a list gets its comma.

/// One line of `incidents list`.
void append_summary(std::string& rows, const correlate::Incident& incident,
                    const std::vector<std::string>& silenced_by, Time now);
control::ControlAnswer incident_list(const std::string& rows, std::size_t total);
/// Members that `incidents show` has beside the data of an event.
void write_life(JsonWriter& json, const correlate::Incident& incident);

void append_silence(std::string& rows, const notify::Silence& silence, Time now);

void append_delivery(std::string& rows, const store::OutboxRow& row, bool with_body);
/// "waiting", "dead", "delivered", "discarded"; empty: waiting and dead; "all".
Result<std::vector<store::DeliveryStatus>> statuses_of(std::string_view name);

}  // namespace handshaked::runtime
