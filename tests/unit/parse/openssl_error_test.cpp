#include "parse/openssl_error.h"

#include <gtest/gtest.h>

#include <string>

namespace handshaked::parse {
namespace {

/// The detail of a message; keeps the text alive that the detail borrows from.
struct Read {
  std::string message;
  ErrorRecord record;
  TlsDetail detail;
  explicit Read(std::string text) : message(std::move(text)) {
    record.message = message;
    read_tls_detail(record, detail);
  }
};

TEST(OpensslError, OfOpenssl3HasNoFunction) {
  const Read read(
      "SSL_do_handshake() failed (SSL: error:0A000418:SSL routines::tlsv1 alert unknown ca:SSL "
      "alert number 48)");
  ASSERT_EQ(read.detail.error_count, 1U);
  const OpensslError& error = read.detail.errors[0];
  EXPECT_EQ(error.code, 0x0A000418U);
  EXPECT_EQ(error.reason_code, 1048U);
  EXPECT_EQ(error.library, "SSL routines");
  EXPECT_EQ(error.reason, "tlsv1 alert unknown ca");
  EXPECT_EQ(error.data, "SSL alert number 48");
  EXPECT_EQ(read.detail.alert, 48);
  EXPECT_EQ(read.detail.decisive, &error);
}

TEST(OpensslError, OfOlderLibrariesHasOne) {
  const Read openssl111(
      "SSL_do_handshake() failed (SSL: error:1416F086:SSL "
      "routines:tls_process_server_certificate:certificate verify failed)");
  EXPECT_EQ(openssl111.detail.errors[0].reason, "certificate verify failed");
  EXPECT_EQ(openssl111.detail.errors[0].reason_code, 0x086U);
  EXPECT_FALSE(openssl111.detail.alert);
  const Read openssl10(
      "SSL_do_handshake() failed (SSL: error:14094410:SSL routines:SSL3_READ_BYTES:sslv3 alert "
      "handshake failure:SSL alert number 40)");
  EXPECT_EQ(openssl10.detail.alert, 40);
  const Read libressl(
      "SSL_do_handshake() failed (SSL: error:1404B42E:SSL routines:ST_CONNECT:tlsv1 alert protocol "
      "version)");
  EXPECT_EQ(libressl.detail.errors[0].reason_code, 1070U);
  EXPECT_EQ(libressl.detail.alert, 70);
}

TEST(OpensslError, OfBoringsslSpeaksInCapitals) {
  const Read verify(
      "SSL_do_handshake() failed (SSL: error:1000007d:SSL "
      "routines:OPENSSL_internal:CERTIFICATE_VERIFY_FAILED)");
  EXPECT_EQ(verify.detail.errors[0].reason, "CERTIFICATE_VERIFY_FAILED");
  EXPECT_EQ(verify.detail.errors[0].reason_code, 0x07dU);
  const Read alert(
      "SSL_do_handshake() failed (SSL: error:10000410:SSL "
      "routines:OPENSSL_internal:SSLV3_ALERT_HANDSHAKE_FAILURE)");
  EXPECT_EQ(alert.detail.alert, 40);
}

TEST(OpensslError, AnAlertIsOnlyWhatThePeerSent) {
  const Read local(
      "SSL_do_handshake() failed (SSL: error:0A000102:SSL routines::unsupported protocol)");
  EXPECT_FALSE(local.detail.alert);
  const Read renamed(
      "SSL_do_handshake() failed (SSL: error:0A000410:SSL routines::ssl/tls alert handshake "
      "failure:SSL alert number 40)");
  EXPECT_EQ(renamed.detail.alert, 40);
}

TEST(OpensslError, OfAQueueTheDecisiveEntryIsNoWrapper) {
  const Read last(
      "cannot load certificate key \"/x.key\": PEM_read_bio_PrivateKey() failed (SSL: "
      "error:1C800064:Provider routines::bad decrypt "
      "error:04800065:PEM routines::bad decrypt)");
  ASSERT_EQ(last.detail.error_count, 2U);
  EXPECT_EQ(last.detail.decisive, &last.detail.errors[1]);
  const Read wrapped(
      "SSL_CTX_load_verify_locations(\"trunc.crt\") failed (SSL: error:04800066:PEM routines::bad "
      "end line error:05880009:x509 certificate "
      "routines::PEM lib)");
  EXPECT_EQ(wrapped.detail.decisive, &wrapped.detail.errors[0]);
  const Read file(
      "SSL_CTX_load_verify_locations(\"nope.crt\") failed (SSL: error:80000002:system library::No "
      "such file or directory:calling "
      "fopen(nope.crt, r) error:10000080:BIO routines::no such file error:05880002:x509 "
      "certificate routines::system lib)");
  ASSERT_EQ(file.detail.error_count, 3U);
  EXPECT_EQ(file.detail.decisive, &file.detail.errors[0]);
  EXPECT_EQ(file.detail.errors[0].data, "calling fopen(nope.crt, r)");
  const Read only_wrappers(
      "x failed (SSL: error:05880009:x509 certificate routines::PEM lib error:05880002:x509 "
      "certificate routines::system lib)");
  EXPECT_EQ(only_wrappers.detail.decisive, &only_wrappers.detail.errors[1]);
}

TEST(OpensslError, DataMayHoldColonsParenthesesAndTheWordError) {
  const Read read(
      "x failed (SSL: error:80000002:system library::No such file or directory:calling "
      "fopen(/etc/a error: b (c).pem, r)) (104: Connection "
      "reset by peer)");
  ASSERT_EQ(read.detail.error_count, 1U);
  EXPECT_EQ(read.detail.errors[0].data, "calling fopen(/etc/a error: b (c).pem, r)");
}

TEST(OpensslError, AQueueThatWasCutIsReadAsFarAsItGoes) {
  const Read cut("x failed (SSL: error:0480006C:PEM routines::no start line:Expecting: TRUST");
  ASSERT_EQ(cut.detail.error_count, 1U);
  EXPECT_EQ(cut.detail.errors[0].reason, "no start line");
  EXPECT_EQ(cut.detail.errors[0].data, "Expecting: TRUST");
  const Read cut_in_code("x failed (SSL: error:0480");
  EXPECT_EQ(cut_in_code.detail.error_count, 0U);
  EXPECT_EQ(cut_in_code.detail.decisive, nullptr);
}

TEST(OpensslError, AQueueIsBounded) {
  std::string message = "x failed (SSL:";
  for (int i = 0; i < 40; ++i) message += " error:0480006C:PEM routines::no start line";
  const Read read(message + ")");
  EXPECT_EQ(read.detail.error_count, TlsDetail::kMaxErrors);
}

TEST(OpensslError, VerifyCodesAreReadFromTheirParenthesis) {
  const Read read(
      "upstream SSL certificate verify error: (20:unable to get local issuer certificate)");
  EXPECT_EQ(read.detail.verify_code, 20);
  EXPECT_EQ(read.detail.verify_text, "unable to get local issuer certificate");
  const Read lua("lua ssl certificate verify error: (18: self-signed certificate)");
  EXPECT_EQ(lua.detail.verify_code, 18);
  EXPECT_EQ(lua.detail.verify_text, "self-signed certificate");
  const Read cut("upstream SSL certificate verify error: (");
  EXPECT_FALSE(cut.detail.verify_code);
}

TEST(OpensslError, TheNameOfAMismatchIsReadToItsLastQuote) {
  const Read read("upstream SSL certificate does not match \"a\"b.test\"");
  EXPECT_EQ(read.detail.name, "a\"b.test");
}

}  // namespace
}  // namespace handshaked::parse
