#include "base/text/catalogue.h"

#include <gtest/gtest.h>

namespace handshaked {
namespace {

const Catalogue kCatalogue(R"(# a comment
[impact.since]
en = "{count} failures since {time}"
zh = "{time} 起 {count} 次失败"

[plain]
en = " \"as it is\" = "
zh = ""
)");

TEST(Catalogue, GivesTheTextOfTheLanguageWithItsValues) {
  const Catalogue::Values values = {{"count", "3"}, {"time", "09:00"}};
  EXPECT_EQ(kCatalogue.text(Language::en, "impact.since", values), "3 failures since 09:00");
  EXPECT_EQ(Texts(kCatalogue, Language::zh)("impact.since", values), "09:00 起 3 次失败");
  EXPECT_EQ(kCatalogue.text(Language::en, "plain"), R"( \"as it is\" = )");
  EXPECT_EQ(kCatalogue.text(Language::zh, "plain"), "");
}

TEST(Catalogue, NeverLooksForPlaceholdersInValues) {
  EXPECT_EQ(
      kCatalogue.text(Language::en, "impact.since", {{"count", "{time}"}, {"time", "{count}{x"}}),
      "{time} failures since {count}{x");
}

}  // namespace
}  // namespace handshaked
