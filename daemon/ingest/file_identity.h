#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"

namespace handshaked::ingest {

class DecodedFile;

/// So much of the beginning of a file identifies it. nginx's lines begin with a time, so that two
/// logs differ there.
inline constexpr std::size_t kFingerprintedBytes = 1024;

/// A hash of the first bytes of a file in its uncompressed form: the first 128 bits of SHA-256, as
/// 32 hexadecimal digits, with the number of bytes hashed. A log that is shorter than
/// kFingerprintedBytes grows, so a fingerprint over n bytes is compared over the first n bytes of
/// the candidate.
struct Fingerprint {
  std::string hash;          ///< empty when length is 0
  std::uint32_t length = 0;  ///< 0: not one whole line was there; then the fingerprint says nothing
  bool operator==(const Fingerprint&) const = default;

  static Fingerprint of(std::string_view beginning);
  /// Whether a file with this beginning may be the one. False when nothing is known.
  bool matches(std::string_view beginning) const;
};

/// What the name of a file stands for at one moment. An inode is used again as soon as a deleted
/// file is not held open any more; the time of birth tells the two apart, where the file system
/// keeps it (ext4, xfs, btrfs and others do).
struct FileNode {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  Time born{};  ///< the epoch when it is not known
  bool operator==(const FileNode&) const = default;
};

/// Same file or another one? The node tells renamed files apart cheaply, the fingerprint sees
/// through reused inodes, copies (copytruncate), compression, and devices that are numbered anew at
/// boot.
struct FileIdentity {
  FileNode node;
  Fingerprint fingerprint;
  bool operator==(const FileIdentity&) const = default;
};

/// Up to kFingerprintedBytes from the beginning of a file that is open for reading, wherever it
/// stands; empty for what cannot be read.
std::string read_beginning(int descriptor);

/// The same of the uncompressed form of a file that was just opened or rewound.
Result<std::string> read_decoded_beginning(DecodedFile& file);

}  // namespace handshaked::ingest
