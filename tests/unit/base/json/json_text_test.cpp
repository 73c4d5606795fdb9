#include "base/json/json_text.h"

#include <gtest/gtest.h>

#include "base/text/utf8.h"
#include "base/text/visible_text.h"

using namespace std::string_literals;
using namespace std::string_view_literals;

namespace handshaked {
namespace {

std::string json(std::string_view bytes) {
  std::string out;
  return append_json_string(out, bytes);
}

TEST(JsonText, QuotesPlainTextAsItStands) {
  EXPECT_EQ(json(""), R"("")");
  EXPECT_EQ(json("SSL_do_handshake() failed (SSL: error:0A000102)"),
            "\"SSL_do_handshake() failed (SSL: error:0A000102)\"");
}

TEST(JsonText, AppendsToWhatIsThere) {
  std::string out = "{\"a\":";
  append_json_string(out, "b");
  EXPECT_EQ(out, R"({"a":"b")");
}

TEST(JsonText, EscapesEveryByteThatJsonForbidsAndEveryControlAtEveryPlaceOfAWord) {
  for (int byte = 0; byte < 0x80; ++byte) {
    const bool special = byte < 0x20 || byte == '"' || byte == '\\' || byte == 0x7f;
    for (std::size_t place = 0; place < 20; ++place) {
      std::string text(20, 'x');
      text[place] = static_cast<char>(byte);
      const std::string written = json(text);
      if (!special) {
        EXPECT_EQ(written, "\"" + text + "\"") << byte;
      } else {
        EXPECT_GT(written.size(), 22u) << byte << " at " << place;
        EXPECT_EQ(written.substr(1, place), std::string(place, 'x'));
        EXPECT_EQ(written[place + 1], '\\');
      }
    }
  }
}

TEST(JsonText, CopiesNoTextWithASpecialByteAtAnyPlace) {
  for (const std::size_t size : {5u, 12u, 16u, 20u, 32u, 40u}) {
    for (int byte = 0; byte < 0x100; ++byte) {
      const bool special = byte < 0x20 || byte == '"' || byte == '\\' || byte >= 0x7f;
      for (std::size_t place = 0; place < size; ++place) {
        std::string text(size, 'x'), copy(size, '\0');
        text[place] = static_cast<char>(byte);
        ASSERT_EQ(copy_plain_json(copy.data(), text), !special)
            << byte << " at " << place << " of " << size;
        if (!special) {
          ASSERT_EQ(copy, text);
        }
      }
    }
  }
}

TEST(JsonText, UsesShortEscapesWhereThereAreSome) {
  EXPECT_EQ(json("\"\\\b\f\n\r\t"), R"("\"\\\b\f\n\r\t")");
  EXPECT_EQ(json("\0\x01\x1f\x7f"sv), R"("\u0000\u0001\u001f\u007f")");
}

TEST(JsonText, KeepsValidUtf8) {
  EXPECT_EQ(json("gr\u00fc\u00df \u8bc1\u4e66 \U0001F512"),
            "\"gr\u00fc\u00df \u8bc1\u4e66 \U0001F512\"");
  EXPECT_EQ(json("\xF4\x8F\xBF\xBF"), "\"\xF4\x8F\xBF\xBF\"");
}

TEST(JsonText, EscapesWhatATerminalWouldObeyAndWhatTurnsTextAround) {
  EXPECT_EQ(json("a\u009b31mb"), R"("a\u009b31mb")") << "C1: a control sequence of two bytes";
  EXPECT_EQ(json("\u0085\u200e\u202e\u2066\ufeff\u00ad"),
            R"("\u0085\u200e\u202e\u2066\ufeff\u00ad")");
  EXPECT_EQ(json("\U000E0041"), R"("\udb40\udc41")");
  EXPECT_EQ(json("xxxxxxx\u202exxxxxxxx\x7f"), R"("xxxxxxx\u202exxxxxxxx\u007f")");
}

TEST(JsonText, EscapesTheSameCharactersThatTextShows) {
  for (char32_t point = 0x80; point < 0x30000; ++point) {
    if (point >= 0xD800 && point < 0xE000) continue;
    std::string text;
    if (point < 0x800)
      text = {static_cast<char>(0xC0 | (point >> 6)), static_cast<char>(0x80 | (point & 63))};
    else if (point < 0x10000)
      text = {static_cast<char>(0xE0 | (point >> 12)),
              static_cast<char>(0x80 | ((point >> 6) & 63)),
              static_cast<char>(0x80 | (point & 63))};
    else
      text = {
          static_cast<char>(0xF0 | (point >> 18)), static_cast<char>(0x80 | ((point >> 12) & 63)),
          static_cast<char>(0x80 | ((point >> 6) & 63)), static_cast<char>(0x80 | (point & 63))};
    EXPECT_EQ(json(text) == "\"" + text + "\"", visible_text(text) == text)
        << std::hex << static_cast<unsigned>(point);
  }
}

TEST(JsonText, EscapesInADocumentOfSomebodyElseWhatItEscapesInItsOwn) {
  EXPECT_EQ(with_escapes("{\"a\": [\"\\u001b\", 1]}\n"), "{\"a\": [\"\\u001b\", 1]}\n")
      << "nothing to do";
  EXPECT_EQ(with_escapes("[\"a\u009b31m\u202e\x7f \U000E0041 gr\u00fc\u00df\"]"),
            "[\"a\\u009b31m\\u202e\\u007f \\udb40\\udc41 gr\u00fc\u00df\"]");
  EXPECT_EQ(with_escapes("\"\xFF\""), "\"" + std::string(kReplacementCharacter) + "\"");
}

TEST(JsonText, ReplacesWhatIsNotUtf8) {
  const auto r = std::string(kReplacementCharacter);
  EXPECT_EQ(json("a\xFF"
                 "b"),
            "\"a" + r + "b\"");
  EXPECT_EQ(json("\x80\xBF"), "\"" + r + r + "\"");          // continuations without a start
  EXPECT_EQ(json("\xC0\xAF"), "\"" + r + r + "\"");          // overlong '/'
  EXPECT_EQ(json("\xE0\x80\xAF"), "\"" + r + r + r + "\"");  // overlong in three bytes
  EXPECT_EQ(json("\xED\xA0\x80"), "\"" + r + r + r + "\"");  // a surrogate
  EXPECT_EQ(json("\xF4\x90\x80\x80"), "\"" + r + r + r + r + "\"");
  EXPECT_EQ(json("\xF5"), "\"" + r + "\"");
}

TEST(JsonText, ReplacesACutCharacterOnce) {
  const auto r = std::string(kReplacementCharacter);
  EXPECT_EQ(json("\xE8\xAF"), "\"" + r + "\"");
  EXPECT_EQ(json("\xF0\x9F\x94\"x"), "\"" + r + "\\\"x\"");
  EXPECT_EQ(json("\xC3\n"), "\"" + r + "\\n\"");
}

TEST(Utf8, CutsBetweenCharacters) {
  EXPECT_EQ(utf8_prefix("abc", 3), "abc");
  EXPECT_EQ(utf8_prefix("abc", 2), "ab");
  EXPECT_EQ(utf8_prefix("a\u8bc1", 3), "a");
  EXPECT_EQ(utf8_prefix("a\u8bc1", 4), "a\u8bc1");
  EXPECT_EQ(utf8_prefix("\U0001F512", 3), "");
  EXPECT_EQ(utf8_prefix("x", 0), "");
  EXPECT_EQ(utf8_prefix(std::string(20, '\x80'), 10).size(), 10u);
}

}  // namespace
}  // namespace handshaked
