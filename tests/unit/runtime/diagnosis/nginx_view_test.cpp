#include "runtime/diagnosis/nginx_view.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "support/temp_dir.h"

namespace handshaked::runtime {
namespace {

namespace fs = std::filesystem;

class NginxViewTest : public testing::Test {
 protected:
  NginxViewTest() {
    fs::create_directory(directory_ / "conf.d");
    write("nginx.conf", "error_log logs/error.log;\nevents {}\nhttp { include conf.d/*.conf; }\n");
    for (const char* name : {"nginx.conf", "conf.d", "."})
      fs::last_write_time(directory_ / name,
                          fs::file_time_type::clock::now() - std::chrono::hours(1));
  }

  void write(const std::string& name, const std::string& text) {
    std::ofstream(directory_ / name) << text;
  }
  static std::size_t files_of(const NginxState& state) {
    return state.nginx.read->configuration.files().size();
  }

  test::TempDir directory_;
  NginxView view_{{.configuration = (directory_ / "nginx.conf").string(),
                   .prefix = directory_.path().string(),
                   .dump = {}},
                  {},
                  {}};
};

TEST_F(NginxViewTest, GivesTheSameStateUntilSomethingChanges) {
  const auto first = view_.refresh();
  ASSERT_NE(first->nginx.read, nullptr);
  EXPECT_EQ(view_.current(), first);
  EXPECT_EQ(view_.refresh(), first);
  EXPECT_FALSE(view_.awaits_reload()) << "no nginx runs with it";
  write("nginx.conf", "error_log logs/other.log;\nevents {}\n");
  const auto second = view_.refresh();
  EXPECT_NE(second, first);
  EXPECT_EQ(view_.current(), second);
  EXPECT_EQ(files_of(*first), 1U) << "who has it keeps it";
}

TEST_F(NginxViewTest, SeesAFileThatAnIncludeFindsAnew) {
  const auto first = view_.refresh();
  EXPECT_EQ(files_of(*first), 1U);
  write("conf.d/site.conf", "server { error_log logs/site.log; }\n");
  const auto second = view_.refresh();
  ASSERT_NE(second, first);
  EXPECT_EQ(files_of(*second), 2U);
}

TEST_F(NginxViewTest, HasAStateWithoutAConfiguration) {
  NginxView nowhere(
      {.configuration = (directory_ / "none.conf").string(), .prefix = {}, .dump = {}}, {}, {});
  EXPECT_EQ(nowhere.current()->nginx.read, nullptr);
  EXPECT_EQ(nowhere.refresh()->nginx.read, nullptr);
}

}  // namespace
}  // namespace handshaked::runtime
