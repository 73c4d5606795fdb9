#include <algorithm>

#include "diagnose/preflight/forecast_parts.h"

namespace handshaked::diagnose {
namespace {

std::string joined(const std::vector<std::string_view>& words) {
  std::string text;
  for (const std::string_view word : words) text += (text.empty() ? "" : " ") + std::string(word);
  return text;
}

bool has_word(const nginx::EffectiveValue& value, std::string_view word) {
  const auto words = value.values();
  return std::find(words.begin(), words.end(), word) != words.end();
}

Text changed(const std::string& directive, const std::string& before, const std::string& after, std::string_view en, std::string_view zh) {
  return {directive + " goes from \"" + before + "\" to \"" + after + "\": " + std::string(en),
          directive + " 由 “" + before + "” 变为 “" + after + "”：" + std::string(zh)};
}

}  // namespace

std::vector<Text> weakened_upstream(const UpstreamView& before, const UpstreamView& after, const UpstreamVerdict& was,
                                    const UpstreamVerdict& will) {
  std::vector<Text> found;
  const nginx::UpstreamSettings &old = before.target->settings, &fresh = after.target->settings;
  if (before.is_tls() && !after.is_tls()) {
    found.push_back(
        {"nginx will speak no TLS to " + after.address()->text() + " any more", "nginx 将不再以 TLS 连接 " + after.address()->text()});
    return found;
  }
  if (!before.is_tls()) return found;
  if (was.verifies && !will.verifies)
    found.push_back(changed(after.directive("ssl_verify"), "on", "off", "whoever answers is believed", "不再校验对端身份"));
  const auto switch_lost = [&](const nginx::EffectiveValue& left, const nginx::EffectiveValue& right) {
    return left.is_on() && !right.is_on();
  };
  if (switch_lost(old.server_name, fresh.server_name))
    found.push_back(changed(after.directive("ssl_server_name"), "on", "off", "no SNI is sent, and the peer may show another certificate",
                            "不再发送 SNI，对端可能出示另一张证书"));
  if (will.verifies && was.verifies && !was.crl_file.empty() && will.crl_file.empty())
    found.push_back(changed(after.directive("ssl_crl"), was.crl_file, "", "revoked certificates are accepted", "已吊销的证书将被接受"));
  const bool is_deeper = will.verifies && was.verifies && will.input.depth > was.input.depth;
  if (is_deeper && was.stage == UpstreamStage::passes)
    found.push_back(changed(after.directive("ssl_verify_depth"), std::to_string(was.input.depth), std::to_string(will.input.depth),
                            "the chain of today passes without", "今天的证书链不需要更大的深度"));
  if (will.verifies && !was.name.is_client_chosen && will.name.is_client_chosen)
    found.push_back(
        {"the name that is verified will come from the request: whoever sends it chooses", "校验的名称将取自请求：由请求方决定"});
  for (const std::string_view word : {"SSLv2", "SSLv3", "TLSv1", "TLSv1.1"}) {
    if (!has_word(old.protocols, word) && has_word(fresh.protocols, word)) {
      found.push_back(changed(after.directive("ssl_protocols"), joined(old.protocols.values()), joined(fresh.protocols.values()),
                              "obsolete versions of TLS", "过时的 TLS 版本"));
      break;
    }
  }
  if (will.policy.security_level < was.policy.security_level)
    found.push_back(changed("the security level", std::to_string(was.policy.security_level), std::to_string(will.policy.security_level),
                            "weaker keys and digests are accepted", "将接受更弱的密钥与摘要"));
  return found;
}

}  // namespace handshaked::diagnose
