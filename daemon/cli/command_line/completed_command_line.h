#pragma once

#include "cli/command_line/completion.h"

namespace CLI {
class App;
}

namespace handshaked::cli {

/// The definition of the command line, as shells have to know it. Choices are the words of an option's help that it takes.
CompletedVerb completed_command_line(const CLI::App& app);

}  // namespace handshaked::cli
