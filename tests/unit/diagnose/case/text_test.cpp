#include "diagnose/case/text.h"

#include <gtest/gtest.h>

namespace handshaked::diagnose {
namespace {

Text told(std::string_view key, TextValues values) {
  static const Catalogue kTexts(
      "[chain.fault]\nen = \"{file}: {fault}\"\nzh = \"{file}：{fault}\"\n\n[chain.expired]\nen = "
      "\"expired\"\nzh = \"已过期\"\n");
  return catalogue_text(kTexts, key, std::span(values.begin(), values.size()));
}

TEST(Text, HasFactsInEveryLanguageAndTextsInItsOwn) {
  const std::string file = "/etc/{fault}.pem";
  EXPECT_EQ(told("chain.fault", {{"file", file}, {"fault", told("chain.expired", {})}}),
            (Text{"/etc/{fault}.pem: expired", "/etc/{fault}.pem：已过期"}));
}

TEST(Text, CanBeAValueOfItsOwnSuccessor) {
  Text list{"a.pem", "a.pem"};
  list = told("chain.fault", {{"file", list}, {"fault", "b.pem"}});
  EXPECT_EQ(list, (Text{"a.pem: b.pem", "a.pem：b.pem"}));
}

}  // namespace
}  // namespace handshaked::diagnose
