#include "correlate/incident_key.h"

#include <gtest/gtest.h>

#include "unit/correlate/recognised_line.h"

namespace handshaked::correlate {
namespace {

const std::string kVerify20 =
    "upstream SSL certificate verify error: (20:unable to get local issuer certificate)";

std::string fingerprint_of(const std::string& line) {
  Reading reading(some_rules());
  const FailureBatch batch = reading.read(line);
  EXPECT_EQ(batch.failures.size(), 1U) << line;
  return batch.failures.empty()
             ? ""
             : fingerprint(batch.failures.front().rule->id, batch.failures.front().place);
}

TEST(IncidentKey, OfAnUpstreamFaultIsRuleAndPeer) {
  const std::string print = fingerprint_of(upstream_line(0, kVerify20));
  EXPECT_EQ(print.size(), 35U);
  EXPECT_TRUE(print.starts_with("v1:"));
  EXPECT_EQ(
      fingerprint_of(upstream_line(99, kVerify20, "10.0.0.1:8443", "another", "198.51.100.9")),
      print);
  EXPECT_NE(fingerprint_of(upstream_line(0, kVerify20, "10.0.0.2:8443")), print);
  EXPECT_NE(fingerprint_of(upstream_line(
                0, "upstream SSL certificate verify error: (10:certificate has expired)")),
            print);
}

TEST(IncidentKey, HoldsNothingThatAClientWrites) {
  const std::string print = fingerprint_of(upstream_line(0, kVerify20));
  std::string line = upstream_line(0, kVerify20);
  line.replace(line.find("GET / HTTP"), 10, "POST /../;x=\"y HTTP");
  line.replace(line.find("host: \"gw\""), 10, "host: \"evil\", referrer: \"https://evil/\"");
  line.replace(line.find(":8443/\""), 7, ":8443/%2e%2e/evil?q\"");
  EXPECT_EQ(fingerprint_of(line), print);
}

TEST(IncidentKey, OfAnUpstreamFaultWithoutAPeerIsTheServer) {
  const auto line = [](const std::string& server) {
    return "2026/11/21 02:00:00 [error] 9#9: *1 " + kVerify20 +
           " while SSL handshaking to upstream, client: 192.0.2.7, server: " + server + "\n";
  };
  EXPECT_NE(fingerprint_of(line("a")), fingerprint_of(line("b")));
}

TEST(IncidentKey, OfAClientFaultIsTheListener) {
  const auto line = [](const std::string& client, const std::string& server) {
    return "2026/11/21 02:00:00 [info] 9#9: *1 SSL_do_handshake() failed (SSL: error:0A000418:SSL "
           "routines::tlsv1 alert unknown ca:SSL "
           "alert number 48) while SSL handshaking, client: " +
           client + ", server: " + server + "\n";
  };
  EXPECT_EQ(fingerprint_of(line("192.0.2.1", "0.0.0.0:443")),
            fingerprint_of(line("192.0.2.2", "0.0.0.0:443")));
  EXPECT_NE(fingerprint_of(line("192.0.2.1", "0.0.0.0:443")),
            fingerprint_of(line("192.0.2.1", "0.0.0.0:8443")));
}

TEST(IncidentKey, IsTheSameForEver) {
  // Silences and stored incidents name it: a change of this value breaks installations.
  EXPECT_EQ(fingerprint("nginx/x", Place{.side = parse::Side::upstream,
                                         .peer = "10.0.0.1:8443",
                                         .name = "n",
                                         .server = "s",
                                         .object = "",
                                         .scheme = "https"}),
            "v1:dc6bb34f1665354247a3e6e8259f89cf");
}

TEST(NamedIncident, TakesTheIdOfAnAlertInEveryForm) {
  EXPECT_EQ(named_incident("inc-0123456789abcdef"), "inc-0123456789abcdef");
  EXPECT_EQ(named_incident("inc-0123456789abcdef.diagnosed.2"), "inc-0123456789abcdef")
      << "the id of an event";
  EXPECT_EQ(named_incident("  inc-0123 \n"), "inc-0123");
  EXPECT_EQ(named_incident("0123456789abcdef"), "inc-0123456789abcdef");
  EXPECT_EQ(named_incident("v1:0123"), "v1:0123");
  EXPECT_EQ(named_incident(""), "");
  EXPECT_EQ(named_incident("abc"), "abc") << "too short to be digits of an id";
}

}  // namespace
}  // namespace handshaked::correlate
