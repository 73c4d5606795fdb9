#pragma once

#include <string>
#include <vector>

#include "diagnose/upstream/upstream_case.h"

namespace handshaked::diagnose {

/// What the running nginx knows of the files of a place: configuration, trust, CRL, client
/// certificate.
struct LoadedFiles {
  std::vector<std::string>
      not_loaded;  ///< written since nginx read them: it works with something else
  std::vector<std::string>
      unknown;  ///< changed about when nginx read them, or nobody knows when that was
  bool is_load_known = false;  ///< false: of no file anything can be told
  /// This nginx (1.27.4 and newer) takes what it has of a file over a reload when inode and second
  /// of writing are the same.
  bool keeps_unchanged = false;
};
LoadedFiles loaded_files(const UpstreamCase& upstream);

/// Evidence of both, a sentence a file.
void add_load_evidence(const LoadedFiles& files, Diagnosis& diagnosis);

}  // namespace handshaked::diagnose
