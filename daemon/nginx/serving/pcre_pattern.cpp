#include "nginx/serving/pcre_pattern.h"

#include <re2/re2.h>

#include <string>

namespace handshaked::nginx {
namespace {

constexpr std::size_t kLongestPattern = 4096;
constexpr std::size_t kLongestText = 64 * 1024;
constexpr std::int64_t kMemory = 1 << 20;

/// "(?<name>" and "(?'name'" are "(?P<name>" to RE2.
std::string with_re2_names(std::string_view pattern) {
  std::string text;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] == '\\' && i + 1 < pattern.size()) {
      text += pattern[i++];
    } else if (pattern.substr(i).starts_with("(?<") && i + 3 < pattern.size() &&
               pattern[i + 3] != '=' && pattern[i + 3] != '!') {
      text += "(?P<";
      i += 2;
      continue;
    }
    text += pattern[i];
  }
  return text;
}

}  // namespace

PatternResult match_pcre(std::string_view pattern, std::string_view text, bool ignore_case) {
  if (pattern.size() > kLongestPattern || text.size() > kLongestText) return PatternResult::unknown;
  RE2::Options options(RE2::Latin1);
  options.set_log_errors(false);
  options.set_case_sensitive(!ignore_case);
  options.set_max_mem(kMemory);
  const RE2 expression(with_re2_names(pattern), options);
  if (!expression.ok()) return PatternResult::unknown;
  return RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), expression)
             ? PatternResult::yes
             : PatternResult::no;
}

}  // namespace handshaked::nginx
