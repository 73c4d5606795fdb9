#pragma once

#include <cstdio>
#include <cstdlib>

/// CHECK(condition): a bug of ours if false. Ends the process at once; systemd starts it again.
#define CHECK(condition)                                                                 \
  do {                                                                                   \
    if (!(condition)) {                                                                  \
      std::fprintf(stderr, "%s:%d: CHECK failed: %s\n", __FILE__, __LINE__, #condition); \
      std::abort();                                                                      \
    }                                                                                    \
  } while (false)
