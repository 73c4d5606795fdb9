#include "parse/openssl_reasons.h"

#include <gtest/gtest.h>

#include <string>

namespace handshaked::parse {
namespace {

/// `line` completed; itself where there is nothing to complete.
std::string completed(const std::string& line) {
  std::string out;
  return with_openssl_reasons(line, out) ? out : line;
}

TEST(OpensslReasons, ACodeAloneSaysWhatItsWordsWere) {
  EXPECT_EQ(completed("failed (SSL: error:0A000410)"),
            "failed (SSL: error:0A000410:SSL routines::sslv3 alert handshake failure:SSL alert "
            "number 40)");
  EXPECT_EQ(
      completed("failed (SSL: error:1408F10B) while SSL handshaking"),
      "failed (SSL: error:1408F10B:SSL routines::wrong version number) while SSL handshaking");
  EXPECT_EQ(completed("failed (SSL: error:0A00010B"),
            "failed (SSL: error:0A00010B:SSL routines::wrong version number");
  EXPECT_EQ(completed("(SSL: error:0A000086 ...) while"),
            "(SSL: error:0A000086:SSL routines::certificate verify failed ...) while");
}

TEST(OpensslReasons, WordsThatWereCutAnywhereAreCompleted) {
  const std::string whole =
      "error:0B080074:x509 certificate routines:X509_check_private_key:key values mismatch";
  for (std::size_t cut = std::string("error:0B080074").size(); cut < whole.size(); ++cut) {
    const std::string read = completed(whole.substr(0, cut));
    EXPECT_TRUE(read.ends_with(":key values mismatch")) << read;
    EXPECT_EQ(completed(read), read);
  }
}

TEST(OpensslReasons, ALibraryWithoutTextsIsReadByItsNumbers) {
  EXPECT_EQ(completed("(SSL: error:14094416:lib(20):func(148):reason(1046)) while SSL handshaking"),
            "(SSL: error:14094416:SSL routines::sslv3 alert certificate unknown:SSL alert number "
            "46) while SSL handshaking");
  EXPECT_EQ(completed("(SSL: error:0A000126:SSL routines::reason(294))"),
            "(SSL: error:0A000126:SSL routines::unexpected eof while reading)");
}

TEST(OpensslReasons, TranslatedWordsAreTheOnesOfTheirCode) {
  EXPECT_EQ(
      completed("(SSL: "
                "error:0B080074:x509\xE8\xAF\x81\xE4\xB9\xA6:X509_check_private_key:"
                "\xE5\xAF\x86\xE9\x92\xA5)"),
      "(SSL: error:0B080074:x509 certificate routines:X509_check_private_key:key values mismatch)");
}

TEST(OpensslReasons, EachEntryOfAQueueIsCompletedByItself) {
  EXPECT_EQ(
      completed(
          "(SSL: error:0909006C error:140B0009:SSL routines:SSL_CTX_use_PrivateKey_file:PEM lib)"),
      "(SSL: error:0909006C:PEM routines::no start line error:140B0009:SSL "
      "routines:SSL_CTX_use_PrivateKey_file:PEM lib)");
}

TEST(OpensslReasons, WhatIsWholeOrUnknownStaysAsItIs) {
  for (const std::string line :
       {"(SSL: error:0A000418:SSL routines::tlsv1 alert unknown ca:SSL alert number 48) while SSL "
        "handshaking",
        "(SSL: error:14094412:SSL routines:ssl3_read_bytes:sslv3 alert bad certificate)",
        "(SSL: error:0A00018E:SSL routines::another text than ours)",
        "(SSL: error:1000007d:SSL routines:OPENSSL_internal:CERT", "(SSL: error:0A0000FF0)",
        "(SSL: error:0A00", "error:zzzzzzzz", "error:", "curl: (35) error:", ""})
    EXPECT_EQ(completed(line), line);
}

}  // namespace
}  // namespace handshaked::parse
