#pragma once

#include <cstddef>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "base/result.h"
#include "diagnose/certificates/pem_bundle.h"

namespace handshaked::diagnose {

/// What this host's files hold, taken apart once for many diagnoses: a trust file of the system's
/// has a hundred and forty certificates, and in a storm each diagnosis asks for it. By content, so
/// that nothing in it is ever out of date. Bounded by the bytes of the texts; the one that was
/// asked for longest ago goes first. Any thread.
class BundleMemo {
 public:
  static constexpr std::size_t kMostBytes = 512U << 10;

  static BundleMemo& of_this_process();

  /// As read_pem_bundle(); what fails is not remembered.
  Result<std::shared_ptr<const PemBundle>> read(std::string_view text);
  std::size_t bytes() const;

 private:
  struct Known {
    std::string digest;
    std::size_t size = 0;
    std::shared_ptr<const PemBundle> bundle;
  };
  std::shared_ptr<const PemBundle> find(const std::string& digest);

  mutable std::mutex mutex_;
  std::list<Known> known_;  ///< the one that was asked for last stands first
  std::size_t bytes_ = 0;
};

}  // namespace handshaked::diagnose
