#pragma once

#include <cstddef>
#include <cstdint>

namespace handshaked::telemetry {

/// What this process takes of the machine (proc(5): self/statm, self/fd; getrusage(2), getrlimit(2)). 0 where the system does not say.
struct ProcessMetrics {
  std::uint64_t resident_bytes = 0, virtual_bytes = 0;
  double cpu_seconds = 0;
  std::size_t open_descriptors = 0, most_descriptors = 0;
};
ProcessMetrics read_process_figures();

}  // namespace handshaked::telemetry
