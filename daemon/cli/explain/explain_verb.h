#pragma once

#include <string>

#include "base/language.h"

namespace handshaked::cli {

struct ExplainOptions {
  std::string question;  ///< a line, a rule, a cause, a verify code, an alert, an OpenSSL error;
                         ///< "-": a line from standard input
  std::string
      config_file;  ///< whose routes tell who is notified; empty: the default one, if it is there
  std::string rules_directory;  ///< empty: found by itself
  std::string time_zone = "local";
  Language language = Language::en;
  bool json = false;
};

/// `handshaked explain`: what the knowledge base knows, and for a line how it came to its verdict.
/// Gives the exit code: 0, or 1 when nothing is known about what was asked, 2 when there was
/// nothing to explain.
int run_explain(const ExplainOptions& options);

}  // namespace handshaked::cli
