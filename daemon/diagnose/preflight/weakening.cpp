#include <algorithm>

#include "base/text/joined.h"
#include "diagnose/preflight/forecast_parts.h"
#include "diagnose/texts.h"

namespace handshaked::diagnose {
namespace {

bool has_word(const nginx::EffectiveValue& value, std::string_view word) {
  const auto words = value.values();
  return std::find(words.begin(), words.end(), word) != words.end();
}

Text changed(const std::string& setting, const std::string& before, const std::string& after,
             std::string_view consequence) {
  return preflight_text("weakened.setting", {{"setting", setting},
                                             {"before", before},
                                             {"after", after},
                                             {"consequence", preflight_text(consequence)}});
}

}  // namespace

std::vector<Text> weakened_upstream(const UpstreamView& before, const UpstreamView& after,
                                    const UpstreamVerdict& was, const UpstreamVerdict& will) {
  std::vector<Text> found;
  const nginx::UpstreamSettings &old = before.target->settings, &fresh = after.target->settings;
  if (before.is_tls() && !after.is_tls()) {
    found.push_back(preflight_text("weakened.no_tls", {{"peer", after.address()->text()}}));
    return found;
  }
  if (!before.is_tls()) return found;
  if (was.verifies && !will.verifies)
    found.push_back(changed(after.directive("ssl_verify"), "on", "off", "weakened.unverified"));
  const auto switch_lost = [&](const nginx::EffectiveValue& left,
                               const nginx::EffectiveValue& right) {
    return left.is_on() && !right.is_on();
  };
  if (switch_lost(old.server_name, fresh.server_name))
    found.push_back(
        changed(after.directive("ssl_server_name"), "on", "off", "weakened.no_name_sent"));
  if (will.verifies && was.verifies && !was.crl_file.empty() && will.crl_file.empty())
    found.push_back(
        changed(after.directive("ssl_crl"), was.crl_file, "", "weakened.revoked_accepted"));
  const bool is_deeper = will.verifies && was.verifies && will.input.depth > was.input.depth;
  if (is_deeper && was.stage == UpstreamStage::passes)
    found.push_back(changed(after.directive("ssl_verify_depth"), std::to_string(was.input.depth),
                            std::to_string(will.input.depth), "weakened.depth_not_needed"));
  if (will.verifies && !was.name.is_client_chosen && will.name.is_client_chosen)
    found.push_back(preflight_text("weakened.name_from_request"));
  for (const std::string_view word : {"SSLv2", "SSLv3", "TLSv1", "TLSv1.1"}) {
    if (!has_word(old.protocols, word) && has_word(fresh.protocols, word)) {
      found.push_back(changed(after.directive("ssl_protocols"), joined(old.protocols.values(), " "),
                              joined(fresh.protocols.values(), " "), "weakened.obsolete_versions"));
      break;
    }
  }
  if (will.policy.security_level < was.policy.security_level)
    found.push_back(preflight_text("weakened.security_level",
                                   {{"before", std::to_string(was.policy.security_level)},
                                    {"after", std::to_string(will.policy.security_level)}}));
  return found;
}

}  // namespace handshaked::diagnose
