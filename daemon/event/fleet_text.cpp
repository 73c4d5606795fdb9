#include "event/fleet_text.h"

#include <vector>

namespace handshaked::event {
namespace {

constexpr std::string_view kDigest = "sha256 ";
constexpr std::size_t kShownDigits = 12;

std::string hosts(std::size_t count) { return std::to_string(count) + (count == 1 ? " host" : " hosts"); }

std::string joined(const std::vector<std::string>& values, std::size_t longest, Language language) {
  std::string text;
  for (const std::string& value : values)
    text.append(text.empty() ? "" : language == Language::zh ? "、" : ", ").append(value.substr(0, longest));
  return text;
}

}  // namespace

std::string spread_text(const correlate::FleetSpread& fleet, Language language) {
  const bool is_over = fleet.affected == 0;
  const std::size_t count = is_over ? fleet.ended : fleet.affected;
  if (language == Language::zh)
    return std::to_string(fleet.edges) + " 台主机中的 " + std::to_string(count) + " 台" + (is_over ? "已恢复" : "");
  return std::string(is_over ? "over on " : "on ") + (count == fleet.edges ? (count == 1 ? "" : "all ") : std::to_string(count) + " of ") +
         hosts(fleet.edges);
}

std::string difference_text(const correlate::FactDifference& difference, Language language) {
  const bool is_zh = language == Language::zh;
  if (difference.fact == "nginx_loaded_at") {
    const std::string& mine = difference.affected.front();
    const std::string& others = difference.others.front();
    return is_zh ? "受影响的主机上 nginx 最近一次加载配置不晚于 " + mine + "，其他主机不早于 " + others
                 : "nginx last loaded its configuration by " + mine + " on the affected hosts, and not before " + others + " on the others";
  }
  const bool is_digest = difference.fact.starts_with(kDigest);
  const std::size_t longest = is_digest ? kShownDigits : std::string::npos;
  std::string name = is_digest ? "SHA-256 of " + difference.fact.substr(kDigest.size()) : difference.fact;
  if (is_digest && is_zh) name = difference.fact.substr(kDigest.size()) + " 的 SHA-256";
  if (difference.fact == "openssl") name = "OpenSSL";
  const std::string mine = joined(difference.affected, longest, language);
  const std::string others = joined(difference.others, longest, language);
  return is_zh ? name + "：受影响的主机为 " + mine + "，其他主机为 " + others
               : name + ": " + mine + " on the affected hosts, " + others + " on the others";
}

}  // namespace handshaked::event
