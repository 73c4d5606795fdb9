#pragma once

#include <memory>
#include <string>

#include "cli/knowledge/knowledge_base.h"

namespace handshaked::cli {

/// A small knowledge base in memory: what the verbs need, without the files of rules/.
inline KnowledgeBase example_base() {
  static constexpr std::string_view kRules = R"json([
    {"id": "nginx/verify-20", "signature": "verify error 20", "signature_zh": "校验错误 20",
     "regex": "upstream SSL certificate verify error: \\(20:", "side": "upstream", "kind": "fault", "severity": "warning",
     "causes": [{"cause": "upstream_ca_not_trusted", "likelihood": 0.6, "tell_apart": "look at {family}_ssl_trusted_certificate"},
                {"cause": "upstream_chain_incomplete", "likelihood": 0.3}],
     "workarounds": [{"id": "bundle", "owner": "proxy", "action": "Put the root into {family}_ssl_trusted_certificate",
                      "how": "openssl s_client -connect {peer}", "success_rate": 0.9, "evidence_count": 6}],
     "dead_ends": [{"action": "Set {family}_ssl_verify off", "why_fails": "nothing is checked any more", "fail_rate": 0.9, "unsafe": true}],
     "samples": [{"line": "sample"}], "confused_with": [{"id": "nginx/verify-other", "distinction": "the code"}]},
    {"id": "nginx/verify-other", "signature": "verify error", "regex": "upstream SSL certificate verify error: ",
     "side": "upstream", "kind": "fault", "severity": "warning", "causes": [{"cause": "upstream_chain_rejected_other", "likelihood": 1}]},
    {"id": "nginx/client-verify", "signature": "client verify error", "regex": "(?:client|upstream) SSL certificate verify error: \\(20:unable",
     "contexts": ["client"], "side": "client", "kind": "fault", "severity": "info", "causes": [{"cause": "client_cert_unknown_ca", "likelihood": 1}]},
    {"id": "nginx/alert-48", "signature": "alert 48", "regex": "SSL_\\w+\\(\\) failed \\(SSL: .*SSL alert number 48",
     "side": "upstream", "kind": "fault", "severity": "warning", "causes": [{"cause": "upstream_rejects_client_cert_ca", "likelihood": 1}]},
    {"id": "nginx/plain-http", "signature": "plain HTTP", "regex": "client sent plain HTTP request to HTTPS port",
     "side": "client", "kind": "fault", "severity": "info", "noise": true, "causes": [{"cause": "scanner_noise", "likelihood": 1}]}
  ])json";
  match::LoadedRules loaded;
  match::read_rules(kRules, "example.json", loaded);
  KnowledgeBase base;
  base.directory = "example";
  base.problems = loaded.problems;
  base.rules = std::make_shared<const match::RuleSet>(std::move(loaded.rules));
  return base;
}

inline const std::string kVerifyLine =
    "2026/11/21 02:58:15 [error] 9#9: *1 upstream SSL certificate verify error: (20:unable to get "
    "local issuer certificate) while SSL "
    "handshaking to upstream, client: 192.0.2.7, server: gw.example, request: \"GET /a?token=x "
    "HTTP/1.1\", upstream: "
    "\"https://10.0.0.1:8443/a?token=x\", host: \"gw.example\"";

}  // namespace handshaked::cli
