#include "cli/document/words.h"

#include <algorithm>
#include <array>
#include <cstdio>

#include "cli/texts.h"
#include "parse/time_zone.h"

namespace handshaked::cli {

std::string counted(const Texts& say, std::uint64_t number, std::string_view one,
                    std::string_view many) {
  return say(number == 1 ? one : many, {{"count", with_separators(number)}});
}

std::string size_words(Language language, std::uint64_t bytes) {
  static constexpr std::array<const char*, 4> kUnits{"KiB", "MiB", "GiB", "TiB"};
  if (bytes < 1024)
    return counted(Texts(document_texts(), language), bytes, "size.byte", "size.bytes");
  double size = static_cast<double>(bytes) / 1024;
  std::size_t unit = 0;
  for (; size >= 1024 && unit + 1 < kUnits.size(); ++unit) size /= 1024;
  std::array<char, 40> text{};
  std::snprintf(text.data(), text.size(), "%.1f %s", size, kUnits[unit]);
  return text.data();
}

std::string duration_words(Language language, Duration duration) {
  struct Unit {
    std::int64_t seconds;
    std::string_view one, many;
  };
  static constexpr std::array<Unit, 4> kUnits{Unit{86400, "duration.day", "duration.days"},
                                              Unit{3600, "duration.hours", "duration.hours"},
                                              Unit{60, "duration.minutes", "duration.minutes"},
                                              Unit{1, "duration.seconds", "duration.seconds"}};
  const Texts say(document_texts(), language);
  std::int64_t rest =
      std::max<std::int64_t>(0, std::chrono::duration_cast<std::chrono::seconds>(duration).count());
  std::string text;
  int parts = 0;
  for (const Unit& unit : kUnits) {
    const std::int64_t number = rest / unit.seconds;
    rest %= unit.seconds;
    if (number == 0 || parts == 2) {
      if (parts == 1) break;  // "3 days", not "3 days 7 s"
      continue;
    }
    if (parts++ != 0) text += ' ';
    text += say(number == 1 ? unit.one : unit.many, {{"count", std::to_string(number)}});
  }
  return text.empty() ? say("duration.none") : text;
}

std::string age_words(Language language, Duration age) {
  const auto seconds =
      std::max<std::int64_t>(0, std::chrono::floor<std::chrono::seconds>(age).count());
  const auto whole = [seconds, language](std::int64_t unit, std::string_view key) {
    return document_texts().text(language, key, {{"count", std::to_string(seconds / unit)}});
  };
  if (seconds >= 2 * 86400) return whole(86400, "duration.days");
  if (seconds >= 2 * 3600) return whole(3600, "duration.hours");
  if (seconds >= 2 * 60) return whole(60, "duration.minutes");
  return whole(1, "duration.seconds");
}

std::string time_words(Time time, std::chrono::seconds offset, bool with_offset) {
  std::string text = parse::format_rfc3339(
      parse::ZonedTime{.utc = std::chrono::floor<std::chrono::seconds>(time), .offset = offset});
  text[10] = ' ';
  if (!with_offset) return text.substr(0, 19);
  return text.substr(0, 19) + " " + (text.ends_with('Z') ? "UTC" : text.substr(19));
}

std::string severity_word(Language language, match::Severity severity) {
  const Texts say(document_texts(), language);
  switch (severity) {
    case match::Severity::critical: return say("severity.critical");
    case match::Severity::warning: return say("severity.warning");
    case match::Severity::info: return say("severity.info");
  }
  return {};
}

std::string side_words(Language language, parse::Side side) {
  const Texts say(document_texts(), language);
  switch (side) {
    case parse::Side::upstream: return say("side.upstream");
    case parse::Side::client: return say("side.client");
    case parse::Side::ocsp: return say("side.ocsp");
    case parse::Side::config: return say("side.config");
  }
  return {};
}

std::string owner_words(Language language, std::string_view owner) {
  const Texts say(document_texts(), language);
  if (owner == "proxy") return say("owner.proxy");
  if (owner == "upstream") return say("owner.upstream");
  if (owner == "client") return say("owner.client");
  if (owner == "ca") return say("owner.ca");
  if (owner == "network") return say("owner.network");
  return {};
}

std::string proof_words(Language language, const diagnose::Proof& proof) {
  const Texts say(document_texts(), language);
  const std::string& detail = proof.detail.in(language);
  switch (proof.status) {
    case diagnose::ProofStatus::proved: return say("proof.proved", {{"detail", detail}});
    case diagnose::ProofStatus::refuted: return say("proof.refuted", {{"detail", detail}});
    case diagnose::ProofStatus::untested: return say("proof.untested", {{"detail", detail}});
  }
  return {};
}

}  // namespace handshaked::cli
