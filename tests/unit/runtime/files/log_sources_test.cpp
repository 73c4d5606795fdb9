#include "runtime/files/log_sources.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "support/temp_dir.h"

namespace handshaked::runtime {
namespace {

class LogSourcesTest : public testing::Test {
 protected:
  LogSourcesTest() {
    std::filesystem::create_directories(directory_ / "data/nginx");
    std::filesystem::create_directory_symlink(directory_ / "data/nginx", directory_ / "nginx");
    touch("data/nginx/error.log");
  }

  void touch(const std::string& name) { std::ofstream(directory_ / name, std::ios::app) << "x\n"; }
  std::string path(const std::string& name) const { return (directory_ / name).string(); }
  void follow(const std::vector<std::string>& discovered, bool discover = true) {
    config::FileSource source{.paths = {path("nginx/*error*.log")}, .discover = discover};
    ASSERT_TRUE(sources_.follow(
        source, false, [](const std::string&) { return std::nullopt; }, discovered));
  }

  test::TempDir directory_;
  boost::asio::io_context loop_;
  boost::asio::thread_pool readers_{1};
  BoundedQueue<ReadBatch> batches_{8, [] {}};
  LogSources sources_{loop_, readers_, batches_, nullptr};
};

TEST_F(LogSourcesTest, FollowsALogOnceWhateverItIsCalled) {
  touch("data/nginx/site.log");
  follow({path("data/nginx/error.log"), path("data/nginx/site.log"), path("nginx/site.log")});
  EXPECT_EQ(sources_.count(), 2U);
}

TEST_F(LogSourcesTest, TakesWhatIsDiscoveredLater) {
  follow({});
  EXPECT_EQ(sources_.count(), 1U);
  sources_.use_discovered({path("not-yet.log"), path("data/nginx/error.log")});
  EXPECT_EQ(sources_.count(), 2U);
  sources_.use_discovered({});
  EXPECT_EQ(sources_.count(), 2U) << "nginx's old workers may still write there";
  readers_.join();
}

TEST_F(LogSourcesTest, IsNotInterestedWhereItDoesNotDiscover) {
  follow({}, false);
  sources_.use_discovered({path("another.log")});
  EXPECT_EQ(sources_.count(), 1U);
}

}  // namespace
}  // namespace handshaked::runtime
