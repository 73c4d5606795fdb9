#include "cli/document/words.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

#include "parse/time_zone.h"

namespace handshaked::cli {

std::string with_separators(std::uint64_t number) {
  std::string digits = std::to_string(number);
  for (std::size_t at = digits.size(); at > 3;) digits.insert(at -= 3, 1, ',');
  return digits;
}

std::string counted(Language language, std::uint64_t number, std::string_view one, std::string_view many, std::string_view zh) {
  return with_separators(number) + " " + std::string(say(language, number == 1 ? one : many, zh));
}

std::string size_words(std::uint64_t bytes) {
  static constexpr std::array<const char*, 5> kUnits{"bytes", "KiB", "MiB", "GiB", "TiB"};
  double size = static_cast<double>(bytes);
  std::size_t unit = 0;
  for (; size >= 1024 && unit + 1 < kUnits.size(); ++unit) size /= 1024;
  std::array<char, 40> text{};
  std::snprintf(text.data(), text.size(), unit == 0 ? "%.0f %s" : "%.1f %s", size, kUnits[unit]);
  return text.data();
}

std::string percent(double share) {
  const double value = std::clamp(share, 0.0, 1.0) * 100;
  std::array<char, 16> text{};
  std::snprintf(text.data(), text.size(), value > 0 && value < 1 ? "%.1f%%" : "%.0f%%", value);
  return text.data();
}

std::string duration_words(Language language, Duration duration) {
  struct Unit {
    std::int64_t seconds;
    std::string_view one, many, zh;
  };
  static constexpr std::array<Unit, 4> kUnits{Unit{86400, "day", "days", "天"}, Unit{3600, "h", "h", "小时"},
                                              Unit{60, "min", "min", "分钟"}, Unit{1, "s", "s", "秒"}};
  std::int64_t rest = std::max<std::int64_t>(0, std::chrono::duration_cast<std::chrono::seconds>(duration).count());
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
    text += std::to_string(number) + " " + std::string(say(language, number == 1 ? unit.one : unit.many, unit.zh));
  }
  return text.empty() ? std::string(say(language, "less than a second", "不到 1 秒")) : text;
}

std::string age_words(Language language, Duration age) {
  const auto seconds = std::max<std::int64_t>(0, std::chrono::floor<std::chrono::seconds>(age).count());
  if (seconds >= 2 * 86400) return std::to_string(seconds / 86400) + std::string(say(language, " days", " 天"));
  if (seconds >= 2 * 3600) return std::to_string(seconds / 3600) + std::string(say(language, " h", " 小时"));
  if (seconds >= 2 * 60) return std::to_string(seconds / 60) + std::string(say(language, " min", " 分钟"));
  return std::to_string(seconds) + std::string(say(language, " s", " 秒"));
}

std::string time_words(Time time, std::chrono::seconds offset, bool with_offset) {
  std::string text = parse::format_rfc3339(parse::ZonedTime{.utc = std::chrono::floor<std::chrono::seconds>(time), .offset = offset});
  text[10] = ' ';
  if (!with_offset) return text.substr(0, 19);
  return text.substr(0, 19) + " " + (text.ends_with('Z') ? "UTC" : text.substr(19));
}

std::string_view severity_word(Language language, match::Severity severity) {
  switch (severity) {
    case match::Severity::critical: return say(language, "CRITICAL", "严重");
    case match::Severity::warning: return say(language, "WARNING", "警告");
    case match::Severity::info: return say(language, "INFO", "提示");
  }
  return {};
}

std::string_view side_words(Language language, parse::Side side) {
  switch (side) {
    case parse::Side::upstream: return say(language, "between nginx and an upstream", "nginx 与上游之间");
    case parse::Side::client: return say(language, "between a client and nginx", "客户端与 nginx 之间");
    case parse::Side::ocsp: return say(language, "between nginx and an OCSP responder", "nginx 与 OCSP 服务之间");
    case parse::Side::config: return say(language, "in nginx's own configuration", "nginx 自身配置");
  }
  return {};
}

std::string_view owner_words(Language language, std::string_view owner) {
  if (owner == "proxy") return say(language, "on this nginx", "在本机 nginx 上处理");
  if (owner == "upstream") return say(language, "by the owner of the upstream", "由上游负责人处理");
  if (owner == "client") return say(language, "by the client", "由客户端处理");
  if (owner == "ca") return say(language, "by the CA", "由 CA 处理");
  if (owner == "network") return say(language, "in the network", "由网络侧处理");
  return {};
}

}  // namespace handshaked::cli
