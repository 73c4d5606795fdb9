#pragma once

namespace handshaked::runtime {

/// Keeps what is free together: two heaps for all threads, and large blocks straight from the
/// system, so that they can go back to it. Before the first thread is started.
void keep_memory_together();

/// Gives back what is free since the last burst. Takes milliseconds when there is much, and other
/// threads may wait for it.
void return_free_memory();

}  // namespace handshaked::runtime
