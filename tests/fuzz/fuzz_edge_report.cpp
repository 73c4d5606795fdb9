// A message of an edge, whatever it says: it becomes an incident that can be stored and read again,
// or is refused in words.
#include "correlate/correlator.h"
#include "fuzz_input.h"
#include "receive/http/edge_report.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace handshaked;
  if (fuzz::is_too_long(size, 1U << 15)) return 0;
  const auto report = receive::read_edge_report(fuzz::text_of(data, size));
  if (!report) {
    const ErrorCode code = report.error().code();
    fuzz::promise(code == ErrorCode::invalid_input || code == ErrorCode::cancelled,
                  "it is invalid, or of a newer version");
    return 0;
  }
  const Time now{std::chrono::hours(500'000)};
  correlate::Correlator correlator(correlate::CorrelatorOptions{.host = "centre"});
  const auto verdict = correlator.absorb(report.value(), nullptr, now);
  correlator.advance(now);
  for (const correlate::Incident* const incident : correlator.incidents()) {
    fuzz::promise(incident->last_seen_at <= now, "nothing is seen in the future");
    fuzz::promise(correlate::Incident::from_json(incident->to_json()).has_value(),
                  "an incident can be read again");
  }
  for (const auto& [host, edge] : correlator.fleet().edges()) {
    const std::string state = correlate::to_json(edge);
    const auto again = correlate::edge_from_json(state);
    fuzz::promise(again.has_value() && correlate::to_json(again.value()) == state,
                  "an edge can be read again, and is written in one way");
  }
  const auto repeated = correlator.absorb(report.value(), nullptr, now);
  if (verdict == correlate::Fleet::Verdict::taken)
    fuzz::promise(repeated == correlate::Fleet::Verdict::duplicate, "an event is taken once");
  return 0;
}
