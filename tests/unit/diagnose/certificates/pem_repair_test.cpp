#include "diagnose/certificates/pem_repair.h"

#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

#include "support/temp_dir.h"
#include "unit/diagnose/test_pki.h"

namespace handshaked::diagnose {
namespace {

std::string without_last_newline(std::string text) {
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

std::string on_one_line(std::string text) {
  std::string line;
  for (const char c : text) line += c == '\n' ? std::string("\\n") : std::string(1, c);
  return line;
}

TEST(PemRepair, SplitsJoinedBlocks) {
  const TestIdentity root = TestIdentity::root("Root");
  const auto repair = repair_pem(without_last_newline(root.leaf().pem()) + root.pem());
  ASSERT_TRUE(repair);
  const auto bundle = read_pem_bundle(repair->text);
  ASSERT_TRUE(bundle);
  EXPECT_EQ(bundle.value().certificates.size(), 2U);
}

TEST(PemRepair, RestoresLostLineBreaksAndByteOrderMarks) {
  const TestIdentity root = TestIdentity::root("Root");
  const auto wrapped = repair_pem(on_one_line(root.pem()));
  ASSERT_TRUE(wrapped);
  EXPECT_EQ(wrapped->text, root.pem());
  const auto marked = repair_pem("\xef\xbb\xbf" + root.pem());
  ASSERT_TRUE(marked);
  EXPECT_EQ(marked->text, root.pem());
}

TEST(PemRepair, NeverTouchesFilesWithKeysOrDamagedContent) {
  const TestIdentity root = TestIdentity::root("Root");
  EXPECT_FALSE(repair_pem(without_last_newline(root.key_pem()) + root.pem()));
  std::string damaged = root.pem();
  damaged[100] = '!';
  EXPECT_FALSE(repair_pem(damaged));
  EXPECT_FALSE(repair_pem(""));
}

TEST(PemRepair, RecoversAHalfCertificateFromTheCollection) {
  const TestIdentity root = TestIdentity::root("Root"), other = TestIdentity::root("Other");
  const test::TempDir directory;
  std::ofstream(directory / "root.pem") << root.pem();
  std::ofstream(directory / "other.pem") << other.pem();
  std::vector<std::string> problems;
  const CaStore store = CaStore::load({directory.path().string()}, problems);
  const std::string half = root.pem().substr(0, root.pem().size() / 2);
  const auto bundle = read_pem_bundle(half);
  ASSERT_TRUE(bundle);
  const auto recovered = recover_damaged(half, bundle.value(), store);
  ASSERT_EQ(recovered.size(), 1U);
  EXPECT_EQ(recovered.front().facts().common_name, "Root");
}

TEST(PemRepair, PutsTheLeafFirst) {
  const TestIdentity root = TestIdentity::root("Root"), intermediate = root.intermediate("Int"),
                     leaf = intermediate.leaf();
  const auto wrong = read_pem_bundle(root.pem() + intermediate.pem() + leaf.pem());
  const auto ordered = chain_in_order(wrong.value().certificates);
  ASSERT_TRUE(ordered);
  EXPECT_EQ(ordered->at(0).facts().common_name, "leaf.test");
  EXPECT_EQ(ordered->at(1).facts().common_name, "Int");
  EXPECT_EQ(ordered->at(2).facts().common_name, "Root");
  const auto right = read_pem_bundle(leaf.pem() + intermediate.pem());
  EXPECT_FALSE(chain_in_order(right.value().certificates));
}

}  // namespace
}  // namespace handshaked::diagnose
