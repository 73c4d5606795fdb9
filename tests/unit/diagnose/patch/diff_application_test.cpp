#include "diagnose/patch/diff_application.h"

#include <gtest/gtest.h>

#include "diagnose/patch/unified_diff.h"

namespace handshaked::diagnose {
namespace {

nginx::MemoryFiles files_with(const std::string& path, const std::string& text) {
  nginx::MemoryFiles files;
  files.add(path, text);
  return files;
}

TEST(DiffApplication, GivesBackWhatTheDiffWasMadeOf) {
  std::string before, after;
  for (int i = 0; i < 100; ++i) {
    before += "-- line " + std::to_string(i) +
              "\n";  // a removed one looks like the beginning of a file: "--- line"
    if (i % 17 != 0) after += "-- line " + std::to_string(i) + "\n";
    if (i % 23 == 0) after += "++ new\n";
  }
  for (const std::string path : {"/etc/x", "/etc/a b", "/etc/q\"uo\\te\x01"}) {
    for (const std::size_t context : {std::size_t{0}, std::size_t{3}}) {
      const std::string diff =
          unified_diff(path, &before, after, context) + unified_diff("/new", nullptr, "only\nthis");
      const auto applied = apply_unified_diff(diff, files_with(path, before));
      ASSERT_TRUE(applied) << applied.error().message() << diff;
      EXPECT_EQ(applied.value().at(path).after, after);
      EXPECT_EQ(applied.value().at(path).before, before);
      EXPECT_TRUE(applied.value().at("/new").is_new);
      EXPECT_EQ(applied.value().at("/new").after, "only\nthis");
    }
  }
}

TEST(DiffApplication, RefusesAFileThatHasChanged) {
  const std::string before = "a\nb\nc\n";
  const std::string diff = unified_diff("/x", &before, "a\nB\nc\n");
  EXPECT_EQ(apply_unified_diff(diff, files_with("/x", "a\nb\nC\n")).error().message(),
            "/x:3 is not what the patch was made for");
  EXPECT_FALSE(apply_unified_diff(diff, files_with("/x", "a\nb\n")));
  EXPECT_FALSE(apply_unified_diff(diff, files_with("/x", "a\nb\nc")));
  EXPECT_FALSE(apply_unified_diff(diff, files_with("/y", before)));
  EXPECT_FALSE(
      apply_unified_diff(unified_diff("/x", nullptr, "new\n"), files_with("/x", "there\n")));
}

TEST(DiffApplication, RefusesWhatIsNoDiffOfOurs) {
  const auto files = files_with("/etc/x", "a\nb\n");
  for (const std::string diff :
       {"", "hello\n", "--- a/etc/x\n", "--- a/etc/x\n+++ b/etc/y\n@@ -1 +1 @@\n-a\n+c\n",
        "--- a/etc/../x\n+++ b/etc/../x\n@@ -1 +1 @@\n-a\n+c\n",
        "--- x\n+++ x\n@@ -1 +1 @@\n-a\n+c\n", "--- a/etc/x\n+++ b/etc/x\n@@ -1,2 +1 @@\n-a\n",
        "--- a/etc/x\n+++ b/etc/x\n@@ -9 +9 @@\n-a\n+c\n",
        "--- a/etc/x\n+++ b/etc/x\n@@ -0,0 +99999999999999999999999 @@\n+a\n",
        "--- a/etc/x\n+++ /dev/null\n@@ -1,2 +0,0 @@\n-a\n-b\n"}) {
    EXPECT_FALSE(apply_unified_diff(diff, files)) << diff;
  }
}

}  // namespace
}  // namespace handshaked::diagnose
