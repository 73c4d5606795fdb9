#include "diagnose/certificates/bundle_memo.h"

#include <gtest/gtest.h>

#include <string>

#include "unit/diagnose/test_pki.h"

namespace handshaked::diagnose {
namespace {

TEST(BundleMemo, TakesTheSameTextApartOnce) {
  BundleMemo memo;
  const std::string text = TestIdentity::root("Root").pem();
  const auto first = memo.read(text).value();
  EXPECT_EQ(memo.read(std::string(text)).value(), first);
  ASSERT_EQ(first->certificates.size(), 1U);
  const auto longer = memo.read(text + "\n").value();
  EXPECT_NE(longer, first);
  EXPECT_EQ(longer->certificates.size(), 1U);
  EXPECT_EQ(memo.bytes(), 2 * text.size() + 1);
}

TEST(BundleMemo, ForgetsWhatWasAskedForLongestAgo) {
  BundleMemo memo;
  const auto text_of = [](char of) { return std::string(BundleMemo::kMostBytes / 3, of); };
  const auto kept = memo.read(text_of('a')).value();
  const auto dropped = memo.read(text_of('b')).value();
  static_cast<void>(memo.read(text_of('c')).value());
  EXPECT_EQ(memo.read(text_of('a')).value(), kept);
  static_cast<void>(memo.read(text_of('d')).value());
  EXPECT_LE(memo.bytes(), BundleMemo::kMostBytes);
  EXPECT_EQ(memo.read(text_of('a')).value(), kept);
  EXPECT_NE(memo.read(text_of('b')).value(), dropped);
}

TEST(BundleMemo, KeepsNothingThatIsTooLong) {
  BundleMemo memo;
  EXPECT_EQ(memo.read(std::string(BundleMemo::kMostBytes + 1, 'a')).value()->form,
            BundleForm::not_pem);
  EXPECT_EQ(memo.bytes(), 0U);
}

}  // namespace
}  // namespace handshaked::diagnose
