#include "diagnose/tls/first_bytes.h"

#include <gtest/gtest.h>

namespace handshaked::diagnose {
namespace {

using namespace std::string_view_literals;

TEST(FirstBytes, RecognisesWhatPeersSay) {
  EXPECT_EQ(classify_first_bytes(""), FirstBytes::none);
  EXPECT_EQ(classify_first_bytes("\x16\x03\x03\0\x5a\x02"sv), FirstBytes::tls);
  EXPECT_EQ(classify_first_bytes("\x15\x03\x01\0\x02\x02\x28"sv), FirstBytes::tls);
  EXPECT_EQ(classify_first_bytes("HTTP/1.1 400 Bad Request\r\n"), FirstBytes::http);
  EXPECT_EQ(classify_first_bytes("<HTML><head>"), FirstBytes::http);
  EXPECT_EQ(classify_first_bytes("\0\0\x06\x04\0\0\0\0\0\0\x03\0\0\0\x64"sv), FirstBytes::http2);
  EXPECT_EQ(classify_first_bytes("SSH-2.0-OpenSSH_9.2\r\n"), FirstBytes::ssh);
  EXPECT_EQ(classify_first_bytes("220 mx.example ESMTP\r\n"), FirstBytes::smtp);
  EXPECT_EQ(classify_first_bytes("220 (vsFTPd 3.0.3)\r\n"), FirstBytes::ftp);
  EXPECT_EQ(classify_first_bytes("+OK ready\r\n"), FirstBytes::pop3);
  EXPECT_EQ(classify_first_bytes("* OK IMAP4rev1\r\n"), FirstBytes::imap);
  EXPECT_EQ(classify_first_bytes("\x4a\0\0\0\x0a"
                                 "8.0.36\0"sv),
            FirstBytes::mysql);
  EXPECT_EQ(classify_first_bytes("E\0\0\0\x66SFATAL\0"sv), FirstBytes::postgresql);
  EXPECT_EQ(classify_first_bytes("-ERR unknown command\r\n"), FirstBytes::redis);
  EXPECT_EQ(classify_first_bytes("hello there\r\n"), FirstBytes::text);
  EXPECT_EQ(classify_first_bytes("\x01\x02\x03"), FirstBytes::binary);
}

TEST(FirstBytes, TakesAnyPrefixOfAnything) {
  std::string bytes;
  for (int i = 0; i < 300; ++i) {
    bytes.push_back(static_cast<char>(i * 37));
    EXPECT_EQ(first_bytes_from(to_string(classify_first_bytes(bytes))),
              classify_first_bytes(bytes));
  }
}

TEST(FirstBytes, PrintsOneHarmlessLine) {
  EXPECT_EQ(printable_first_line("\r\nSSH-2.0-x\x1b[31m\r\nsecond"), "SSH-2.0-x.[31m");
  EXPECT_EQ(printable_first_line(std::string(500, 'a')).size(), 80U);
}

}  // namespace
}  // namespace handshaked::diagnose
