#include "diagnose/preflight/planned_files.h"

#include <gtest/gtest.h>

#include <fstream>

#include "support/temp_dir.h"

namespace handshaked::diagnose {
namespace {

constexpr std::size_t kMost = 1U << 20;

void write(const std::filesystem::path& path, const std::string& text) {
  std::filesystem::create_directories(path.parent_path());
  std::ofstream(path) << text;
}

TEST(RootedFiles, ReadsWhatNginxFindsUnderThePrefix) {
  const test::TempDir directory;
  write(directory.path() / "repo/conf.d/a.conf", "a");
  write(directory.path() / "repo/conf.d/b.conf", "b");
  const std::string repo = (directory.path() / "repo").string();
  const RootedFiles files({{"/etc/nginx/", repo}});
  ASSERT_TRUE(files.read("/etc/nginx/conf.d/a.conf", kMost));
  EXPECT_EQ(files.read("/etc/nginx/conf.d/a.conf", kMost).value(), "a");
  EXPECT_EQ(files.glob("/etc/nginx/conf.d/*.conf"),
            (std::vector<std::string>{"/etc/nginx/conf.d/a.conf", "/etc/nginx/conf.d/b.conf"}));
  EXPECT_EQ(files.here("/etc/nginx/conf.d/a.conf"), repo + "/conf.d/a.conf");
  EXPECT_EQ(files.there(repo + "/conf.d/a.conf"), "/etc/nginx/conf.d/a.conf");
}

TEST(RootedFiles, NeverLeavesItsRoot) {
  const test::TempDir directory;
  write(directory.path() / "secret", "s");
  write(directory.path() / "repo/a", "a");
  const RootedFiles files({{"/etc/nginx", (directory.path() / "repo").string()}});
  EXPECT_FALSE(files.read("/etc/nginx/../secret", kMost));
  EXPECT_FALSE(files.read("/etc/nginx/../../secret", kMost));
  EXPECT_FALSE(files.read((directory.path() / "secret").string(), kMost));
  EXPECT_FALSE(files.read("/etc/nginx-other/a", kMost));
  EXPECT_TRUE(files.glob("/etc/*").empty());
}

TEST(RootedFiles, TheLongestPrefixCounts) {
  const test::TempDir directory;
  write(directory.path() / "all/etc/nginx/tls/ca.pem", "all");
  write(directory.path() / "tls/ca.pem", "tls");
  const RootedFiles files({{"", (directory.path() / "all").string()},
                           {"/etc/nginx/tls", (directory.path() / "tls").string()}});
  EXPECT_EQ(files.read("/etc/nginx/tls/ca.pem", kMost).value(), "tls");
}

TEST(PlannedFiles, StandInThePlaceOfFilesAndBesideThem) {
  auto below = std::make_shared<nginx::MemoryFiles>();
  below->add("/tls/ca.pem", "old");
  PlannedFiles files(below);
  files.put("/tls/ca.pem", "new");
  files.put("/tls/more.pem", "more");
  EXPECT_EQ(files.read("/tls/ca.pem", kMost).value(), "new");
  EXPECT_EQ(files.glob("/tls/*.pem"), (std::vector<std::string>{"/tls/ca.pem", "/tls/more.pem"}));
  EXPECT_TRUE(files.is_planned("/tls/./ca.pem"));
  EXPECT_FALSE(files.is_planned("/tls/other.pem"));
  EXPECT_FALSE(files.read("/tls/ca.pem", 1)) << "a planned file keeps to the limit as any other";
}

TEST(DumpedFiles, WhatTheDumpHasCounts) {
  nginx::MemoryFiles dump;
  dump.add("/etc/nginx/nginx.conf", "dumped");
  auto below = std::make_shared<nginx::MemoryFiles>();
  below->add("/etc/nginx/nginx.conf", "beside");
  below->add("/etc/nginx/tls/ca.pem", "ca");
  const DumpedFiles files(std::move(dump), below);
  EXPECT_EQ(files.read("/etc/nginx/nginx.conf", kMost).value(), "dumped");
  EXPECT_EQ(files.read("/etc/nginx/tls/ca.pem", kMost).value(), "ca");
}

}  // namespace
}  // namespace handshaked::diagnose
