#pragma once

#include <chrono>
#include <string>

#include "base/language.h"

namespace handshaked::cli {

struct WatchOptions {
  std::string socket, config_file;  ///< where the daemon is; empty: the default
  Language language = Language::en;
  std::chrono::seconds interval{2};  ///< between two looks
  bool json = false;                 ///< a stream of JSON objects, on a terminal too
};

/// `handshaked watch`: the live incidents of the running daemon on the whole terminal, over its
/// control socket; where standard output is no terminal, or JSON is wanted, a line for each change.
/// Ends when its user wants to, or the reader of the lines goes away. Gives the exit code.
int run_watch(const WatchOptions& options);

}  // namespace handshaked::cli
