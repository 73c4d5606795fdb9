// The state of an incident as it stands in the database: what can be read is written again as the
// same text.
#include "correlate/incident.h"
#include "fuzz_input.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace handshaked;
  if (fuzz::is_too_long(size, 1U << 15)) return 0;
  const auto incident = correlate::Incident::from_json(fuzz::text_of(data, size));
  if (!incident) {
    fuzz::promise(incident.error().code() == ErrorCode::invalid_input,
                  "anything else is invalid input");
    return 0;
  }
  fuzz::promise(!incident.value().id.empty() && !incident.value().fingerprint.empty(),
                "an incident has an id and a fingerprint");
  const std::string written = incident.value().to_json();
  const auto again = correlate::Incident::from_json(written);
  fuzz::promise(again.has_value(), "what was written can be read");
  fuzz::promise(again.value().to_json() == written, "and is written in one way");
  return 0;
}
