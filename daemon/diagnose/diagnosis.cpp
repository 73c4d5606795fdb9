#include "diagnose/diagnosis.h"

#include <algorithm>
#include <tuple>

namespace handshaked::diagnose {

std::string_view to_string(ProofStatus status) {
  switch (status) {
    case ProofStatus::proved: return "proved";
    case ProofStatus::refuted: return "refuted";
    case ProofStatus::untested: return "untested";
  }
  return "untested";
}

std::string_view to_string(ProofMethod method) {
  switch (method) {
    case ProofMethod::none: return "";
    case ProofMethod::replay: return "replay";
    case ProofMethod::probe: return "probe";
    case ProofMethod::nginx_t: return "nginx_t";
    case ProofMethod::nginx: return "nginx";
  }
  return "";
}

std::string_view to_string(Owner owner) {
  switch (owner) {
    case Owner::proxy: return "proxy";
    case Owner::upstream: return "upstream";
    case Owner::client: return "client";
    case Owner::ca: return "ca";
    case Owner::network: return "network";
  }
  return "proxy";
}

void rank_fixes(std::vector<Fix>& fixes) {
  const auto order = [](const Fix& fix) {
    const int proof = fix.proof.status == ProofStatus::proved     ? 0
                      : fix.proof.status == ProofStatus::untested ? 1
                                                                  : 2;
    return std::tuple(fix.is_unsafe, proof);
  };
  std::stable_sort(fixes.begin(), fixes.end(),
                   [&](const Fix& left, const Fix& right) { return order(left) < order(right); });
}

}  // namespace handshaked::diagnose
