#include "diagnose/tls/tls_library.h"

#include <openssl/crypto.h>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <vector>

#include "diagnose/texts.h"

namespace handshaked::diagnose {
namespace {

struct Series {
  std::string_view name;     ///< "OpenSSL", "LibreSSL", "BoringSSL"
  std::vector<int> numbers;  ///< empty: it prints none, as BoringSSL
};

Series series_of(std::string_view text) {
  const std::size_t blank = std::min(text.find(' '), text.size());
  Series series{.name = text.substr(0, blank), .numbers = {}};
  text.remove_prefix(std::min(blank + 1, text.size()));
  const std::size_t most = text.starts_with("0.") || text.starts_with("1.") ? 3 : 2;
  while (series.numbers.size() < most) {
    int number = 0;
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
    if (parsed.ec != std::errc{}) break;
    series.numbers.push_back(number);
    text.remove_prefix(static_cast<std::size_t>(parsed.ptr - text.data()));
    if (!text.starts_with('.')) break;
    text.remove_prefix(1);
  }
  return series;
}

/// False for what does not depend on the library.
bool withdraw(Proof& proof, const Text& why) {
  if (proof.status == ProofStatus::untested ||
      (proof.method != ProofMethod::replay && proof.method != ProofMethod::probe))
    return false;
  proof.status = ProofStatus::untested;
  proof.detail = diagnosis_text("proof.tried_here", {{"why", why}, {"proof", proof.detail}});
  return true;
}

}  // namespace

bool is_same_series(std::string_view left, std::string_view right) {
  if (left.empty() || right.empty()) return true;
  const Series one = series_of(left), other = series_of(right);
  if (one.name != other.name) return false;
  return one.numbers.empty() || other.numbers.empty() || one.numbers == other.numbers;
}

std::optional<Text> why_proofs_do_not_count(std::string_view library_of_nginx) {
  const std::string ours = OpenSSL_version(OPENSSL_VERSION);
  if (is_same_series(library_of_nginx, ours)) return std::nullopt;
  const std::string theirs(library_of_nginx);
  return diagnosis_text("proof.other_library", {{"theirs", theirs}, {"ours", ours}});
}

void withdraw_proofs(Diagnosis& diagnosis, const Text& why) {
  constexpr double kDoubt = 0.8;  // what was seen with another library may not be what nginx sees
  bool is_in_doubt = false;
  for (Fix& fix : diagnosis.fixes) is_in_doubt = withdraw(fix.proof, why) || is_in_doubt;
  for (DeadEnd& dead_end : diagnosis.dead_ends) withdraw(dead_end.proof, why);
  if (is_in_doubt) diagnosis.confidence *= kDoubt;
}

}  // namespace handshaked::diagnose
