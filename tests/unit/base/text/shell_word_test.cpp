#include "base/text/shell_word.h"

#include <gtest/gtest.h>

namespace handshaked {
namespace {

TEST(ShellWord, QuotesOnlyWhatTheShellWouldRead) {
  EXPECT_EQ(shell_word("/etc/nginx/conf.d/a-b_c.conf"), "/etc/nginx/conf.d/a-b_c.conf");
  EXPECT_EQ(shell_word("/CN=a.example"), "/CN=a.example");
  EXPECT_EQ(shell_word(""), "''");
  EXPECT_EQ(shell_word("a b"), "'a b'");
  EXPECT_EQ(shell_word("$(reboot)"), "'$(reboot)'");
  EXPECT_EQ(shell_word("*"), "'*'");
  EXPECT_EQ(shell_word("it's"), "'it'\\''s'");
  EXPECT_EQ(shell_word("a\nb"), "'a\nb'");
}

}  // namespace
}  // namespace handshaked
