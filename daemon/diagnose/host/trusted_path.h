#pragma once

#include <sys/types.h>

#include <string>

#include "base/file_descriptor.h"
#include "base/result.h"

struct stat;

namespace handshaked::diagnose {

/// What may be believed of an open file: it belongs to root or to us, and nobody else can write it.
/// A directory with the sticky bit may be written by others, who cannot replace what is not theirs.
/// For a user other than root, members of the user's primary group are no strangers.
/// permission_denied says what is wrong with `name`.
Result<> check_trusted(const struct stat& status, const std::string& name);

/// Opens a file (O_PATH) that nobody but root and us can have put there: every directory on the
/// way, every symbolic link and the file itself pass check_trusted(). Opened one by one, so that
/// what was checked is what was opened. Of a process's program (/proc/PID/exe) that was replaced on
/// the disk since, the file that it runs. permission_denied names the first that fails; not_found,
/// io. Any thread.
Result<FileDescriptor> open_trusted(const std::string& path);

}  // namespace handshaked::diagnose
