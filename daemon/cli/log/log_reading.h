#pragma once

#include <functional>
#include <string>

#include "analysis.h"
#include "base/result.h"
#include "ingest/block_reader.h"

namespace handshaked::cli {

/// Reads one log ("-": standard input; .gz and .zst are unpacked) to its end through `analysis`.
/// `after_block` is called when a block has been consumed, with the reader for its position; it
/// ends the reading by returning false. Fails with what was wrong with the file; what had been read
/// before has reached `handler`.
Result<> read_log(
    const std::string& path, LineAnalysis& analysis, FailureHandler& handler,
    const std::function<bool(const ingest::LineBlock&, const ingest::BlockReader&)>& after_block);

/// On how many threads the analysis of a log is worth running, of the `wanted` ones (0: as many as
/// there are processors). One for a pipe and for what is over before they have begun.
unsigned useful_threads(const std::string& path, unsigned wanted);

/// "handshaked: error.log: permission denied", on standard error.
void complain_about(const Error& error);

}  // namespace handshaked::cli
