#pragma once

struct sqlite3;

namespace handshaked::store {

/// Long texts are kept compressed: an event of a page of JSON says much twice, and what is written
/// costs an fsync as well as the disk. Adds two functions to a connection
/// (https://www.sqlite.org/appfunc.html):
///
///   pack(ANY)     a BLOB with one Zstandard frame (RFC 8878) that names its content size; a short
///   text, one that does not shrink,
///                 and whatever is no text is left as it is
///   unpack(ANY)   the TEXT again; '' for a BLOB that cannot be read, or that would become longer
///   than kMostUnpacked
///
/// Returns SQLite's result code.
int add_packing_functions(sqlite3* database);

constexpr unsigned long long kMostUnpacked = 64ULL << 20;

}  // namespace handshaked::store
