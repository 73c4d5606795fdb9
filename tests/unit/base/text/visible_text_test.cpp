#include "base/text/visible_text.h"

#include <gtest/gtest.h>

namespace handshaked {
namespace {

TEST(VisibleText, DisarmsEscapeSequences) {
  EXPECT_EQ(visible_text("\x1b]0;owned\x07 and \x1b[31mred"),
            "\\x1b]0;owned\\x07 and \\x1b[31mred");
}

TEST(VisibleText, DisarmsC1ControlsThatAreWrittenInUtf8) {
  EXPECT_EQ(visible_text("\xC2\x9B"
                         "31m"),
            "\\u009b31m");
}

TEST(VisibleText, ShowsCharactersThatTurnTextAround) {
  EXPECT_EQ(visible_text("a\xE2\x80\xAE"
                         "b"),
            "a\\u202eb");
}

TEST(VisibleText, ShowsBytesThatAreNotUtf8) {
  EXPECT_EQ(visible_text("a\xFF"
                         "b\xC3"),
            "a\\xffb\\xc3");
}

TEST(VisibleText, StaysOneLine) { EXPECT_EQ(visible_text("a\nb\rc\td"), "a\\nb\\rc d"); }

TEST(VisibleText, LeavesGoodTextAlone) {
  EXPECT_EQ(visible_text("nginx: 证书 “x” \\ ok"), "nginx: 证书 “x” \\ ok");
}

}  // namespace
}  // namespace handshaked
