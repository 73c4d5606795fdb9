#include "diagnose/preflight/release_defaults.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <compare>

#include "base/text/joined.h"
#include "diagnose/texts.h"
#include "nginx/configuration/inheritance.h"

namespace handshaked::diagnose {
namespace {

/// Only series whose verification this program can repeat: before 3.0 signatures and versions count
/// differently at the same level.
constexpr std::array kReleases = {OpensslRelease{"3.0", 1}, OpensslRelease{"3.1", 1},
                                  OpensslRelease{"3.2", 2}, OpensslRelease{"3.3", 2},
                                  OpensslRelease{"3.4", 2}, OpensslRelease{"3.5", 2},
                                  OpensslRelease{"3.6", 2}};

struct SeriesChange {
  std::string_view series, text, source;
};
constexpr std::array kChanges = {
    SeriesChange{"3.2", "release.security_level", "OpenSSL 3.2, CHANGES.md"},
    SeriesChange{"3.5", "release.hybrid_group", "OpenSSL 3.5, CHANGES.md"},
};

struct Series {
  int major_number = 0, minor_number = 0;
  auto operator<=>(const Series&) const = default;
};

std::optional<Series> series_in(std::string_view text) {
  const std::size_t first = text.find_first_of("0123456789");
  if (first == std::string_view::npos) return std::nullopt;
  Series series;
  const auto major_end =
      std::from_chars(text.data() + first, text.data() + text.size(), series.major_number);
  if (major_end.ec != std::errc{} || major_end.ptr == text.data() + text.size() ||
      *major_end.ptr != '.')
    return std::nullopt;
  const auto minor_end =
      std::from_chars(major_end.ptr + 1, text.data() + text.size(), series.minor_number);
  return minor_end.ec == std::errc{} ? std::optional(series) : std::nullopt;
}

/// "3.5", "3.5.4", "OpenSSL 3.5.4 1 Apr 2027": nothing in front of the number but that word,
/// nothing behind it but what belongs to it.
bool is_version_text(std::string_view text) {
  if (text.starts_with("OpenSSL ")) text.remove_prefix(8);
  const std::string_view number = text.substr(0, text.find(' '));
  return !number.empty() && number.find_first_not_of("0123456789.") == std::string_view::npos &&
         number.back() != '.';
}

}  // namespace

std::optional<OpensslRelease> openssl_release(std::string_view version) {
  if (!is_version_text(version)) return std::nullopt;
  const auto wanted = series_in(version);
  const auto found =
      std::find_if(kReleases.begin(), kReleases.end(),
                   [&](const OpensslRelease& one) { return series_in(one.series) == wanted; });
  return wanted && found != kReleases.end() ? std::optional(*found) : std::nullopt;
}

std::string known_openssl_series() { return joined(kReleases, ", ", &OpensslRelease::series); }

std::vector<ChangedDefault> openssl_changes(std::string_view from, std::string_view to) {
  const Series first = series_in(from).value_or(Series{}), last = series_in(to).value_or(Series{});
  std::vector<ChangedDefault> changes;
  for (const SeriesChange& one : kChanges) {
    const Series at = series_in(one.series).value_or(Series{});
    if (first < at && at <= last)
      changes.push_back({preflight_text(one.text), std::string(one.source)});
  }
  return changes;
}

namespace {

void compare(std::string_view directive, const nginx::DefaultValue& before,
             const nginx::DefaultValue& after, std::vector<ChangedDefault>& changes) {
  if (directive.empty() || !before.exists || !after.exists || before.words == after.words) return;
  const std::string name(directive), old_words(before.words), new_words(after.words);
  const bool is_known = std::any_of(changes.begin(), changes.end(), [&](const ChangedDefault& one) {
    return one.what.en.starts_with(name + " ");
  });
  if (is_known) return;
  changes.push_back(
      {preflight_text("release.default",
                      {{"directive", name}, {"after", new_words}, {"before", old_words}}),
       std::string(after.source)});
}

}  // namespace

std::vector<ChangedDefault> nginx_changes(nginx::NginxVersion from, nginx::NginxVersion to) {
  using nginx::ListenerSetting;
  using nginx::Module;
  using nginx::UpstreamSetting;
  std::vector<ChangedDefault> changes;
  for (const Module module :
       {Module::http_proxy, Module::grpc, Module::uwsgi, Module::stream_proxy}) {
    for (int i = 0; i <= static_cast<int>(UpstreamSetting::resolver_timeout); ++i) {
      const auto setting = static_cast<UpstreamSetting>(i);
      compare(directive_name(module, setting), default_value(module, setting, from),
              default_value(module, setting, to), changes);
    }
  }
  for (int i = 0; i <= static_cast<int>(ListenerSetting::resolver); ++i) {
    const auto setting = static_cast<ListenerSetting>(i);
    compare(directive_name(Module::http_ssl, setting),
            default_value(Module::http_ssl, setting, from),
            default_value(Module::http_ssl, setting, to), changes);
  }
  return changes;
}

}  // namespace handshaked::diagnose
