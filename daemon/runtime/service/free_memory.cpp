#include "runtime/service/free_memory.h"

#include <malloc.h>

namespace handshaked::runtime {

void keep_memory_together() {
  // Without these glibc makes eight heaps a processor, and raises its threshold with the largest
  // block that was ever freed.
  mallopt(M_ARENA_MAX, 2);
  mallopt(M_MMAP_THRESHOLD, 256 * 1024);
}

void return_free_memory() { malloc_trim(0); }

}  // namespace handshaked::runtime
