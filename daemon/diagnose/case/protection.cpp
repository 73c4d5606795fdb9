#include "diagnose/case/protection.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <optional>

namespace handshaked::diagnose {
namespace {

/// "proxy_ssl on;" as {"proxy_ssl", "on"}: without quotes and the semicolon.
std::vector<std::string> words_of(const std::string& statement) {
  std::vector<std::string> words(1);
  for (const char byte : statement) {
    if (byte == ';' || byte == '"' || byte == '\'') continue;
    if (std::isspace(static_cast<unsigned char>(byte)) == 0) words.back() += byte;
    else if (!words.back().empty()) words.emplace_back();
  }
  if (words.back().empty()) words.pop_back();
  return words;
}

struct Statements {
  std::vector<std::string> before, after;
};

bool has_word(const std::vector<std::string>& words, std::string_view word) {
  return std::find(words.begin() + (words.empty() ? 0 : 1), words.end(), word) != words.end();
}
std::string argument(const std::vector<std::string>& words) {
  return words.size() > 1 ? words[1] : std::string();
}

bool has_scheme(const std::vector<std::string>& words,
                const std::array<std::string_view, 3>& schemes) {
  return std::any_of(words.begin(), words.end(), [&](const std::string& word) {
    return std::any_of(schemes.begin(), schemes.end(),
                       [&](std::string_view scheme) { return word.starts_with(scheme); });
  });
}

/// In a pass, a map or a variable: the scheme that says TLS gives way to the one that does not.
bool leaves_tls_scheme(const Statements& change) {
  constexpr std::array<std::string_view, 3> kTls{"https://", "grpcs://", "suwsgi://"};
  constexpr std::array<std::string_view, 3> kPlain{"http://", "grpc://", "uwsgi://"};
  return has_scheme(change.before, kTls) && !has_scheme(change.after, kTls) &&
         has_scheme(change.after, kPlain);
}

/// How much a switch protects; 0: not at all.
int strength_of(const std::string& value) {
  if (value == "off" || value == "none" || value.empty()) return 0;
  if (value == "optional_no_ca") return 1;
  return value == "optional" || value == "leaf" ? 2 : 3;
}

bool is_switch(const std::string& name) {
  constexpr std::array<std::string_view, 5> kSwitches{"proxy_ssl", "ssl_verify_client", "ssl_ocsp",
                                                      "ssl", "starttls"};
  return name.ends_with("_ssl_verify") ||
         std::find(kSwitches.begin(), kSwitches.end(), name) != kSwitches.end();
}

/// A directive that is added says what an outer level, or the default, has not said: only "off" is
/// known to be less.
bool is_switched_down(const std::string& name, const Statements& change) {
  if (!is_switch(name)) return false;
  const int after = strength_of(argument(change.after));
  return change.before.empty() ? after <= 1 : after < strength_of(argument(change.before));
}

bool loses_listen_ssl(const std::string& name, const Statements& change) {
  if (name != "listen" || change.after.empty()) return false;
  const auto speaks_tls = [](const std::vector<std::string>& words) {
    return has_word(words, "ssl") || has_word(words, "quic");
  };
  return speaks_tls(change.before) && !speaks_tls(change.after);
}

bool gains_listen_ssl(const Change& change) {
  return change.directive == "listen" && has_word(words_of(change.after), "ssl") &&
         !has_word(words_of(change.before), "ssl");
}

std::optional<int> security_level_of(const std::string& statement) {
  constexpr std::string_view kWord = "@SECLEVEL=";
  const std::size_t at = statement.find(kWord);
  int level = 0;
  if (at == std::string::npos) return std::nullopt;
  const char* const digits = statement.data() + at + kWord.size();
  if (std::from_chars(digits, statement.data() + statement.size(), level).ec != std::errc{})
    return std::nullopt;
  return level;
}

bool lowers_security(const Change& change) {
  const auto after = security_level_of(change.after);
  constexpr int kUsual = 2;
  if (after && *after < security_level_of(change.before).value_or(kUsual)) return true;
  constexpr std::string_view kUnsafe = "UnsafeLegacy";
  return change.after.find(kUnsafe) != std::string::npos &&
         change.before.find(kUnsafe) == std::string::npos;
}

bool takes_protection_away(const Change& change) {
  const Statements words{words_of(change.before), words_of(change.after)};
  const bool loses_crl =
      change.directive.ends_with("ssl_crl") && !words.before.empty() && words.after.empty();
  return loses_crl || leaves_tls_scheme(words) || is_switched_down(change.directive, words) ||
         loses_listen_ssl(change.directive, words) || lowers_security(change);
}

bool is_unsafe(const Fix& fix) {
  // "ssl on;" has long been written as a word of listen.
  const bool moves_to_listen =
      std::any_of(fix.changes.begin(), fix.changes.end(), gains_listen_ssl);
  return std::any_of(fix.changes.begin(), fix.changes.end(), [&](const Change& one) {
    return takes_protection_away(one) && !(one.directive == "ssl" && moves_to_listen);
  });
}

bool is_same(const Change& left, const Change& right) {
  return left.directive == right.directive && words_of(left.after) == words_of(right.after);
}

/// Advice of the knowledge base in words alone, without changes that could be judged.
bool is_unsafe_advice(const std::string& id) {
  return id.starts_with("scoped-") || id == "use-plain-scheme" || id == "stream-no-proxy-ssl";
}

}  // namespace

void mark_unsafe_fixes(Diagnosis& diagnosis) {
  for (Fix& fix : diagnosis.fixes)
    fix.is_unsafe = fix.is_unsafe || is_unsafe_advice(fix.id) || is_unsafe(fix);
}

bool is_part_of_fix(const Diagnosis& diagnosis, std::span<const Change> changes) {
  if (changes.empty()) return false;
  return std::any_of(diagnosis.fixes.begin(), diagnosis.fixes.end(), [&](const Fix& fix) {
    return std::all_of(changes.begin(), changes.end(), [&](const Change& change) {
      return std::any_of(fix.changes.begin(), fix.changes.end(),
                         [&](const Change& other) { return is_same(change, other); });
    });
  });
}

}  // namespace handshaked::diagnose
