// A message of an edge, whatever it says: it becomes an incident that can be stored and read again,
// or is refused in words; to a partition of a centre, too, of which it may have left. An event
// always has a partition.
#include <set>

#include "correlate/correlator.h"
#include "event/partition_address.h"
#include "fuzz_input.h"
#include "receive/http/edge_report.h"

namespace handshaked {
namespace {

using correlate::Fleet;

const Time kNow{std::chrono::hours(500'000)};

void expect_kept(const correlate::Correlator& correlator) {
  for (const correlate::Incident* const incident : correlator.incidents()) {
    fuzz::promise(incident->last_seen_at <= kNow, "nothing is seen in the future");
    fuzz::promise(correlate::Incident::from_json(incident->to_json()).has_value(),
                  "an incident can be read again");
  }
  correlate::Fleet again;
  for (const auto& [host, edge] : correlator.fleet().edges()) {
    const std::string state = correlate::to_json(edge);
    auto read = correlate::edge_from_json(state);
    fuzz::promise(read.has_value() && correlate::to_json(read.value()) == state,
                  "an edge can be read again, and is written in one way");
    fuzz::promise(read.value().host == host, "and it has the same name then");
    for (const auto& [id, fault] : edge.faults)
      fuzz::promise(!fault.has_moved || !fault.is_open, "what has moved does not go on here");
    again.restore(std::move(read).value(), kNow);
  }
  for (const correlate::Incident* const incident : correlator.incidents()) {
    const std::string& print = incident->fingerprint.text();
    fuzz::promise(again.affected(print) == correlator.fleet().affected(print),
                  "after a restart a fault is on as many hosts");
  }
}

/// And then the same incident as another fault, and the message once more.
void tell(correlate::Correlator& centre, const receive::EdgeReport& report) {
  const auto verdict = centre.absorb(report, nullptr, kNow);
  centre.advance(kNow);
  expect_kept(centre);
  const auto repeated = centre.absorb(report, nullptr, kNow);
  if (verdict == Fleet::Verdict::taken || verdict == Fleet::Verdict::moved)
    fuzz::promise(repeated == Fleet::Verdict::duplicate, "an event is taken once");
  if (!report.event || report.event->number == ~std::uint32_t{0}) return;
  receive::EdgeReport changed = report;
  changed.event->fingerprint.back() = report.event->fingerprint.back() == '0' ? '1' : '0';
  changed.event->number = ~std::uint32_t{0};
  ++changed.event->changes;
  centre.absorb(changed, nullptr, kNow);
  centre.advance(kNow);
  expect_kept(centre);
  fuzz::promise(centre.fleet().affected(report.event->fingerprint) == 0,
                "on its edge it is the earlier fault no more");
}

void expect_addresses(std::string_view event) {
  constexpr std::uint32_t kPartitions = 3;
  const auto addresses = event::partition_addresses(event, kPartitions);
  std::set<std::uint32_t> told;
  for (const event::PartitionAddress& one : addresses) {
    fuzz::promise(one.partition < kPartitions && told.insert(one.partition).second,
                  "each is one of the partitions, and is told once");
    fuzz::promise(one.has_moved == (told.size() > 1), "where it is comes first");
  }
  fuzz::promise(!addresses.empty(), "somebody is told");
}

}  // namespace
}  // namespace handshaked

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace handshaked;
  if (fuzz::is_too_long(size, 1U << 15)) return 0;
  const auto text = fuzz::text_of(data, size);
  const std::size_t event = text.find("\"event\":");
  expect_addresses(event == text.npos ? text : text.substr(event + 8, text.size() - event - 9));
  const auto report = receive::read_edge_report(text);
  if (!report) {
    const ErrorCode code = report.error().code();
    fuzz::promise(code == ErrorCode::invalid_input || code == ErrorCode::cancelled,
                  "it is invalid, or of a newer version");
    return 0;
  }
  correlate::Correlator whole(correlate::CorrelatorOptions{.host = "centre"});
  tell(whole, report.value());
  correlate::Correlator part(
      correlate::CorrelatorOptions{.host = "centre-1", .hears_a_part = true});
  tell(part, report.value());
  return 0;
}
