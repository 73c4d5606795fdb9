#include "ingest/file_identity.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/digest.h"
#include "ingest/decoded_file.h"

namespace handshaked::ingest {

namespace {

constexpr std::size_t kHashDigits = 32;

}  // namespace

Fingerprint Fingerprint::of(std::string_view beginning) {
  beginning = beginning.substr(0, kFingerprintedBytes);
  if (beginning.empty()) return {};
  return {sha256_hex(beginning, kHashDigits), static_cast<std::uint32_t>(beginning.size())};
}

bool Fingerprint::matches(std::string_view beginning) const {
  return length > 0 && beginning.size() >= length &&
         sha256_hex(beginning.substr(0, length), kHashDigits) == hash;
}

std::string read_beginning(int descriptor) {
  std::string beginning(kFingerprintedBytes, '\0');
  std::size_t size = 0;
  while (size < beginning.size()) {
    const ssize_t got = ::pread(descriptor, beginning.data() + size, beginning.size() - size,
                                static_cast<off_t>(size));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    size += static_cast<std::size_t>(got);
  }
  beginning.resize(size);
  return beginning;
}

Result<std::string> read_decoded_beginning(DecodedFile& file) {
  std::string beginning(kFingerprintedBytes, '\0');
  std::size_t size = 0;
  while (size < beginning.size()) {
    const auto got = file.read({beginning.data() + size, beginning.size() - size});
    if (!got && size == 0) return fail(got.error());
    if (!got || got.value() == 0) break;  // what stands in front of the damage identifies it
    size += got.value();
  }
  beginning.resize(size);
  return beginning;
}

}  // namespace handshaked::ingest
