#include "diagnose/tls/stand_in/tls_rehearsal.h"

#include <gtest/gtest.h>

namespace handshaked::diagnose {
namespace {

ListenerOffer modern() {
  return {{TlsVersion::tls1_2, TlsVersion::tls1_3}, "HIGH:!aNULL:!MD5", "auto", {}, {{"EC", 256}}};
}

TEST(TlsRehearsal, PassesBetweenModernEnds) {
  const auto rehearsal = rehearse(modern(), {});
  ASSERT_TRUE(rehearsal);
  EXPECT_TRUE(rehearsal.value().passed) << rehearsal.value().reason;
  EXPECT_EQ(rehearsal.value().version, "TLSv1.3");
}

TEST(TlsRehearsal, SaysWhatNginxWouldLog) {
  ListenerOffer only13 = modern();
  only13.protocols = {TlsVersion::tls1_3};
  const auto old_client = rehearse(only13, {{TlsVersion::tls1_2}, {}, {}, {}});
  ASSERT_TRUE(old_client);
  EXPECT_EQ(old_client.value().reason, "unsupported protocol");

  ListenerOffer rsa_suites = modern();
  rsa_suites.ciphers = "ECDHE-RSA-AES128-GCM-SHA256";
  const auto no_cipher = rehearse(rsa_suites, {{TlsVersion::tls1_2}, {}, {}, {}});
  ASSERT_TRUE(no_cipher);
  EXPECT_EQ(no_cipher.value().reason, "no shared cipher");

  ListenerOffer one_curve = modern();
  one_curve.curves = "X25519";
  one_curve.protocols = {TlsVersion::tls1_3};
  const auto no_group = rehearse(one_curve, {{TlsVersion::tls1_3}, {}, "P-521", {}});
  ASSERT_TRUE(no_group);
  EXPECT_EQ(no_group.value().reason, "no suitable key share");
}

TEST(TlsRehearsal, RefusesValuesThatNginxWouldRefuse) {
  ListenerOffer bad = modern();
  bad.curves = "secp999r1";
  EXPECT_FALSE(rehearse(bad, {}));
  bad = modern();
  bad.ciphers = "FOO";
  EXPECT_FALSE(rehearse(bad, {}));
}

}  // namespace
}  // namespace handshaked::diagnose
