#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "diagnose/diagnoser.h"
#include "handshake_bench.h"

namespace handshaked::diagnose {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

/// A PKI for verification faults, a peer, and a place that verifies it.
class UpstreamDiagnosis : public testing::Test {
 protected:
  UpstreamDiagnosis() {
    bench.ask = diagnose_upstream;
    symptom().request_target = "GET / HTTP/1.1";
  }

  Symptom& symptom() { return bench.symptom; }
  void at_hand(const std::string& name, const std::string& pem) { bench.put("cas/" + name, pem); }
  void trust(const std::string& pem) { bench.put("ca.pem", pem); }

  std::uint16_t serve(const std::vector<TestIdentity>& chain,
                      std::vector<std::string> options = {}) {
    servers.push_back(std::make_unique<OpensslServer>(
        bench.directory, "peer" + std::to_string(servers.size()), chain, std::move(options)));
    return servers.back()->port();
  }
  static std::string verified(const std::string& more = {}) {
    return "proxy_pass https://backend.test; proxy_ssl_server_name on; proxy_ssl_verify on; "
           "proxy_ssl_trusted_certificate ca.pem; " +
           more;
  }
  void logged(int code) {
    symptom().verify_code = code;
    symptom().message = "upstream SSL certificate verify error: (" + std::to_string(code) + ":" +
                        verify_code_text(code) + ")";
  }
  void logged_name(const std::string& name) {
    symptom().name = name;
    symptom().message = "upstream SSL certificate does not match \"" + name + "\"";
  }
  Diagnosis diagnose_chain(const std::vector<TestIdentity>& chain, int code,
                           const std::string& more = {}, std::vector<std::string> options = {}) {
    bench.configure_http(serve(chain, std::move(options)), verified(more));
    logged(code);
    return bench.diagnose();
  }

  /// Said in both languages, nothing unsafe first, verification off known for what it is.
  static void expect_well_formed(const Diagnosis& diagnosis) {
    EXPECT_FALSE(diagnosis.summary.zh.empty()) << diagnosis.cause;
    for (const Evidence& one : diagnosis.evidence) EXPECT_FALSE(one.text.zh.empty()) << one.text.en;
    ASSERT_FALSE(diagnosis.fixes.empty()) << diagnosis.cause;
    EXPECT_FALSE(diagnosis.fixes.front().is_unsafe);
    for (const Fix& fix : diagnosis.fixes) {
      EXPECT_FALSE(fix.title.zh.empty()) << fix.id;
      EXPECT_FALSE(fix.how.zh.empty()) << fix.id;
      EXPECT_FALSE(fix.proof.detail.zh.empty()) << fix.id;
      EXPECT_THAT(fix.patch, Not(HasSubstr("ssl_verify off")));
      EXPECT_TRUE(fix.owner == Owner::proxy || fix.patch.empty()) << fix.id;
    }
    const auto off = std::find_if(
        diagnosis.dead_ends.begin(), diagnosis.dead_ends.end(), [](const DeadEnd& one) {
          return one.action.en.find("proxy_ssl_verify off") != std::string::npos;
        });
    ASSERT_NE(off, diagnosis.dead_ends.end()) << diagnosis.cause;
    EXPECT_EQ(off->proof.status, ProofStatus::proved);
    EXPECT_TRUE(off->is_unsafe);
  }
  static void expect_cured(const Diagnosis& diagnosis, const std::string& cause,
                           const std::string& fix) {
    EXPECT_EQ(diagnosis.cause, cause) << diagnosis.summary.en;
    EXPECT_TRUE(is_cured_first(diagnosis, fix));
    expect_well_formed(diagnosis);
  }
  /// Somebody else has to act: no patch of ours, and words to send.
  static void expect_others(const Diagnosis& diagnosis, const std::string& cause) {
    EXPECT_EQ(diagnosis.cause, cause) << diagnosis.summary.en;
    expect_well_formed(diagnosis);
    for (const Fix& fix : diagnosis.fixes) EXPECT_TRUE(fix.patch.empty()) << fix.id << fix.patch;
    EXPECT_THAT(diagnosis.fixes, Contains(testing::Truly([](const Fix& fix) {
                  return !fix.message.en.empty() && !fix.message.zh.empty();
                })));
  }

  HandshakeBench bench;
  std::vector<std::unique_ptr<OpensslServer>> servers;
  TestIdentity root = TestIdentity::root("Root");
  TestIdentity issuing = root.intermediate("Issuing");
  TestIdentity leaf = issuing.leaf("backend.test");
  TestIdentity other_root = TestIdentity::root("Other Root");
};

}  // namespace handshaked::diagnose
