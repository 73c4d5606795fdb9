#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>

#include "diagnose/diagnosis.h"

namespace handshaked::runtime {

/// How fixes did on this installation, put together with what the knowledge base expects of them.
/// An immutable snapshot for workers; the loop makes the next one.
class FixRates {
 public:
  struct Outcome {
    std::uint64_t worked = 0, failed = 0;
  };
  void count(const std::string& cause, const std::string& fix_id, Outcome outcome);

  /// Replaces each success rate by the mean of its Beta posterior: the prior of the knowledge base
  /// counts as at most kPriorWeight observations, so that what was seen here soon weighs more.
  /// Fixes never made here keep their prior.
  void update(diagnose::Diagnosis& diagnosis) const;

  static constexpr double kPriorWeight = 20;
  static constexpr double kLeastPriorWeight = 4;

 private:
  std::map<std::pair<std::string, std::string>, Outcome> outcomes_;
};

/// The fix of a diagnosis that stands in the files now: every change of it is there. nullptr when
/// none is, or only fixes without changes to files. Reads the files that the changes name, at most
/// a few.
const diagnose::Fix* fix_that_was_made(const diagnose::Diagnosis& diagnosis);

}  // namespace handshaked::runtime
