#include "nginx/configuration/variables.h"

#include <gtest/gtest.h>

namespace handshaked::nginx {
namespace {

using Values = std::vector<std::string>;

/// Resolves the argument of the first `proxy_pass` of a server's first location.
Resolution resolve(const std::string& http, const std::string& server, const std::string& location,
                   const std::string& text) {
  MemoryFiles files;
  files.add("/n.conf", "http { " + http + " server { " + server + " location / { " + location +
                           " proxy_pass x; } } }");
  const auto configuration = Configuration::load("/n.conf", files);
  const Variables variables(configuration.value());
  const Directive& place = *configuration.value()
                                .root()
                                .find_first("http")
                                ->find_first("server")
                                ->find_first("location")
                                ->find_first("proxy_pass");
  return variables.resolve(text, place, "api.test:8443");
}

TEST(Variables, FindsNamesAsNginxDoes) {
  EXPECT_EQ(variable_names("a$b${c}d$e_1.$2"), (Values{"b", "c", "e_1", "2"}));
  EXPECT_FALSE(has_variables("a$ b$"));
  EXPECT_FALSE(has_variables("${open"));
}

TEST(Variables, TheLastAssignmentThatRunsWins) {
  EXPECT_EQ(resolve("", "set $a 1; set $a 2;", "", "x$a").values, Values{"x2"});
  EXPECT_EQ(resolve("", "set $a 1;", "set $a \"$b\"; set $b 3;", "$a").values, Values{"3"});
  const Resolution either = resolve("", "set $a 1;", "if ($arg_x) { set $a 2; }", "$a");
  EXPECT_EQ(either.values, (Values{"2", "1"}));
  EXPECT_TRUE(either.is_complete);
  EXPECT_TRUE(resolve("", "set $a 1;", "", "$a").is_constant());
}

TEST(Variables, AreSetInTheOrderOfReadingWhateverFileTheyStandIn) {
  const auto resolved = [](const std::string& server) {
    MemoryFiles files;
    files.add("/n.conf", "http { server { " + server + " location / { proxy_pass x; } } }");
    files.add("/two.conf", "set $a 2;");
    files.add("/x/a.conf", "if ($arg_x) { set $a 4; }");
    files.add("/x/b.conf", "set $a 5;");
    const auto configuration = Configuration::load("/n.conf", files);
    const Directive& place = *configuration.value()
                                  .root()
                                  .find_first("http")
                                  ->find_first("server")
                                  ->find_first("location")
                                  ->find_first("proxy_pass");
    return Variables(configuration.value()).resolve("$a", place).values;
  };
  EXPECT_EQ(resolved("set $a 1; include two.conf; if ($arg_x) { set $a 3; }"), (Values{"3", "2"}));
  EXPECT_EQ(resolved("include two.conf; set $a 1;"), Values{"1"});
  EXPECT_EQ(resolved("set $a 1; include x/*.conf;"), Values{"5"});
  EXPECT_EQ(resolved("include x/a.conf; include two.conf;"), Values{"2"});
  EXPECT_EQ(resolved("include two.conf; include x/a.conf;"), (Values{"4", "2"}));
}

TEST(Variables, AreSoughtAmongABoundedNumberOfAssignments) {
  std::string many;
  for (int i = 0; i < 300; ++i) many += "set $b" + std::to_string(i) + " x;";
  const Resolution lost = resolve("", "set $a 1;" + many, "", "$a");
  EXPECT_FALSE(lost.is_complete);
  EXPECT_NE(lost.reason.find("$a"), std::string::npos);
  EXPECT_EQ(resolve("", many + "set $a 1;", "", "$a").values, Values{"1"});
}

TEST(Variables, TablesGiveAllTheirValues) {
  EXPECT_EQ(resolve("map $x $a { default d; b c; ~*e f; hostnames; }", "", "", "$a").values,
            (Values{"d", "c", "f"}));
  EXPECT_EQ(resolve("map $x $a { b c; }", "", "", "$a").values, (Values{"c", ""}));
  EXPECT_EQ(resolve("geo $a { default 1; proxy 10.0.0.0/8; 10.0.0.0/8 2; }", "", "", "$a").values,
            (Values{"1", "2"}));
  EXPECT_EQ(resolve("split_clients $x $a { 50% .x; * .y; }", "", "", "$a").values,
            (Values{".x", ".y"}));
  EXPECT_EQ(resolve("map $x $a { default \"$b.z\"; }", "set $b q;", "", "$a").values,
            Values{"q.z"});
}

TEST(Variables, SayWhyTheyAreNotKnown) {
  const Resolution client = resolve("", "", "", "$http_x");
  EXPECT_FALSE(client.is_complete);
  EXPECT_TRUE(client.is_client_chosen);
  EXPECT_NE(client.reason.find("$http_x"), std::string::npos);
  EXPECT_TRUE(resolve("map $x $a { default $arg_y; b c; }", "", "", "$a").is_client_chosen);
  EXPECT_FALSE(resolve("", "", "", "$upstream_addr").is_client_chosen);
  EXPECT_FALSE(resolve("", "set_by_lua_block $a { return 1 }", "", "$a").is_complete);
}

TEST(Variables, KnowWhatTheConfigurationSays) {
  EXPECT_EQ(resolve("", "server_name .Shop.test b;", "", "$server_name").values,
            Values{"shop.test"});
  EXPECT_EQ(resolve("", "", "", "$proxy_host").values, Values{"api.test:8443"});
}

TEST(Variables, NeverGoInACircle) {
  EXPECT_FALSE(resolve("", "", "set $a $a$a;", "$a").is_complete);
  EXPECT_FALSE(
      resolve("map $x $a { default $b; } map $x $b { default $a; }", "", "", "$a").is_complete);
  std::string maps;
  for (int i = 0; i < 8; ++i) {
    maps += "map $x $v" + std::to_string(i) + " { ";
    for (int row = 0; row < 500; ++row)
      maps += "r" + std::to_string(row) + " \"$v" + std::to_string(i + 1) + "" +
              std::string(1, static_cast<char>('a' + row % 26)) + "\"; ";
    maps += "} ";
  }
  const Resolution many = resolve(maps + "set $v8 x;", "", "", "$v0$v0");
  EXPECT_FALSE(many.is_complete);
  EXPECT_LE(many.values.size(), 64u);
}

}  // namespace
}  // namespace handshaked::nginx
