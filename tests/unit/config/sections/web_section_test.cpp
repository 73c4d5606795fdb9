#include "config/sections/sections.h"

#include <gtest/gtest.h>

#include "unit/config/read_toml.h"

namespace handshaked::config {
namespace {

TEST(WebSection, IsOnLoopbackByDefaultAndMayBeTaken) {
  const Web web = read("").config.web;
  EXPECT_EQ(web.listen, "http://127.0.0.1:9433");
  EXPECT_FALSE(web.is_explicit);
  EXPECT_EQ(web.page, Web::Page::operators);
  EXPECT_TRUE(read("[web]\nlisten = \"127.0.0.1:9433\"\n").config.web.is_explicit)
      << "named, though it is the default";
  EXPECT_EQ(read("[web]\nlisten = \"\"\n").config.web.listen, "");
}

TEST(WebSection, ShowsThePageToOperatorsOfThisHostUnlessItIsSaid) {
  for (const char* const local :
       {"127.0.0.1:1", "http://127.0.0.2:1", "[::1]:1", "unix:/run/h.sock"}) {
    const LoadedConfig loaded = read("[web]\nlisten = \"" + std::string(local) + "\"\n");
    EXPECT_TRUE(loaded.problems.empty()) << local;
    EXPECT_EQ(loaded.config.web.page, Web::Page::operators) << local;
  }
  EXPECT_EQ(read("[web]\nlisten = \"0.0.0.0:9433\"\n").config.web.page, Web::Page::nobody);
  EXPECT_EQ(read("[web]\nlisten = \"[::]:9433\"\n").config.web.page, Web::Page::nobody);
  EXPECT_EQ(read("[web]\npage = true\nlisten = \"0.0.0.0:9433\"\n").config.web.page,
            Web::Page::everybody);
  EXPECT_EQ(read("[web]\npage = true\n").config.web.page, Web::Page::everybody);
  EXPECT_EQ(read("[web]\npage = false\n").config.web.page, Web::Page::nobody);
}

TEST(WebSection, TakesAnAddressForLinksThatNothingCanHideIn) {
  EXPECT_EQ(read("").config.web.url, "");
  EXPECT_EQ(read("[web]\nurl = \"https://tls.example.com\"\n").config.web.url,
            "https://tls.example.com/");
  EXPECT_EQ(read("[web]\nurl = \"http://10.0.0.1:8080/tls/\"\n").config.web.url,
            "http://10.0.0.1:8080/tls/");
  for (const char* const refused :
       {"javascript:alert(1)", "tls.example.com", "https://a/?b", "https://a b/", "https://a/<b>",
        "https://u@a/", "http://[::1]/"})
    EXPECT_NE(problem("[web]\nurl = \"" + std::string(refused) + "\"\n").find("test.toml:2:7: "),
              std::string::npos)
        << refused;
}

TEST(WebSection, NamesWhatItCannotUse) {
  EXPECT_NE(problem("[web]\nlisten = \"proxy:9433\"\n").find("test.toml:2:10: "),
            std::string::npos);
  EXPECT_NE(problem("[web]\nlisten = \"https://127.0.0.1:9433\"\n").find("put a proxy in front"),
            std::string::npos);
  EXPECT_NE(problem("[web]\nlisten = \"udp://127.0.0.1:9433\"\n").find("HOST:PORT or unix:"),
            std::string::npos);
  EXPECT_NE(
      problem("[web]\nhosts = [\"a\", \"http://b\"]\n").find("\"http://b\" is not a host name"),
      std::string::npos);
  EXPECT_NE(problem("[web]\nhosts = [\"\"]\n").find("is not a host name"), std::string::npos);
}

}  // namespace
}  // namespace handshaked::config
