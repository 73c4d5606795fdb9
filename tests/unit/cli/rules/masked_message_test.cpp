#include "cli/rules/masked_message.h"

#include <gtest/gtest.h>

namespace handshaked::cli {
namespace {

TEST(MaskedMessage, KeepsWhatOpenSslAndNginxSay) {
  for (const std::string_view text :
       {"SSL_do_handshake() failed (SSL: error:0A000412:SSL routines::sslv3 alert bad "
        "certificate:SSL alert number 42)",
        "SSL_new_thing() failed (SSL: error:0A000999:SSL routines::reason(2457))",
        "SSL_flux() failed (SSL: error:10000999:SSL routines:OPENSSL_internal:QUANTUM_GATE_CLOSED)",
        "ENGINE_x() failed (SSL: error:26096080:engine routines:ENGINE_flux_capacitor:flux "
        "capacitor empty)",
        "SSL_read() failed (104: Connection reset by peer)",
        "upstream SSL certificate verify error: (20:unable to get local issuer certificate)",
        "\"ssl_stapling\" ignored, not supported",
        "ssl/tls alert handshake failure with TLSv1.3 of nginx/1.26.2",
        "no \"ssl_certificate\" is defined for the \"listen ... ssl\" directive"}) {
    EXPECT_EQ(masked_message(text), text);
  }
}

TEST(MaskedMessage, MasksWhatBelongsToSomebody) {
  const auto expect_masked = [](std::string_view text, std::string_view masked) {
    EXPECT_EQ(masked_message(text), masked);
  };
  expect_masked("cannot load \"/home/alice/site.pem\"", "cannot load \"<path>.pem\"");
  expect_masked("calling fopen(/home/alice/site.pem, r)", "calling fopen(<path>.pem, r)");
  expect_masked("C:\\Users\\alice\\site.key failed", "<path>.key failed");
  expect_masked("connect to shop.example.com failed", "connect to <host> failed");
  expect_masked("connect to 192.0.2.7:443 failed", "connect to <address> failed");
  expect_masked("connect to 2001:db8::7 failed", "connect to <address> failed");
  expect_masked("get https://alice:secret@shop.example.com/?token=x failed", "get <url> failed");
  expect_masked("mail to alice@example.com failed", "mail to <email> failed");
  expect_masked("token=hunter2 and pin=1234", "token=<value> and pin=<value>");
  expect_masked("certificate of 'alice' for \"bob\"", "certificate of '<text>' for \"<text>\"");
  expect_masked("user Hunter Zwei was refused", "user <word> was refused");
  expect_masked("session 123456789 closed", "session <n> closed");
  expect_masked("key \"engine:pkcs11:token=alice;pin-value=1234\"", "key \"engine:<text>\"");
  expect_masked("[lua] alice.lua:12: failed", "[lua] <file>.lua:<n>: failed");
  expect_masked("error:0A000412:SSL routines::bad certificate:id=alice",
                "error:0A000412:SSL routines::bad certificate:id=<value>");
  expect_masked("certificate of M\xC3\xBCller", "certificate of <word>");
  expect_masked("name \"alice is not closed", "name \"<text>");
  expect_masked("ends \x1B[31mred", "ends [<word>");
}

TEST(MaskedMessage, IsBounded) {
  EXPECT_LE(masked_message(std::string(100'000, 'x')).size(), 64U);
  std::string many;
  for (int i = 0; i < 10'000; ++i) many += "\"a\" ";
  EXPECT_LE(masked_message(many).size(), 1100U);
}

TEST(OrdinaryWords, AreFoundInAnyCase) {
  for (const std::string_view word : {"handshake", "Certificate", "SSL", "a", "x509", "you"})
    EXPECT_TRUE(is_ordinary_word(word)) << word;
  for (const std::string_view word : {"", "alice", "hunter", "gw", "handshak", "handshakes2"})
    EXPECT_FALSE(is_ordinary_word(word)) << word;
}

}  // namespace
}  // namespace handshaked::cli
