#include "diagnose/certificates/bundle_memo.h"

#include <algorithm>

#include "base/digest.h"

namespace handshaked::diagnose {

BundleMemo& BundleMemo::of_this_process() {
  static BundleMemo memo;
  return memo;
}

std::shared_ptr<const PemBundle> BundleMemo::find(const std::string& digest) {
  const std::lock_guard lock(mutex_);
  const auto at = std::find_if(known_.begin(), known_.end(),
                               [&digest](const Known& one) { return one.digest == digest; });
  if (at == known_.end()) return nullptr;
  known_.splice(known_.begin(), known_, at);
  return known_.front().bundle;
}

Result<std::shared_ptr<const PemBundle>> BundleMemo::read(std::string_view text) {
  const std::string digest = sha256_hex(text);
  if (auto bundle = find(digest)) return bundle;
  TRY(auto taken_apart, read_pem_bundle(text));
  auto bundle = std::make_shared<const PemBundle>(std::move(taken_apart));
  if (text.size() > kMostBytes) return bundle;
  const std::lock_guard lock(mutex_);
  if (std::any_of(known_.begin(), known_.end(),
                  [&digest](const Known& one) { return one.digest == digest; }))
    return bundle;
  known_.push_front({.digest = digest, .size = text.size(), .bundle = bundle});
  bytes_ += text.size();
  while (bytes_ > kMostBytes) {
    bytes_ -= known_.back().size;
    known_.pop_back();
  }
  return bundle;
}

std::size_t BundleMemo::bytes() const {
  const std::lock_guard lock(mutex_);
  return bytes_;
}

}  // namespace handshaked::diagnose
