#include "notify/matcher.h"

#include <gtest/gtest.h>

#include "unit/notify/some_incidents.h"

namespace handshaked::notify {
namespace {

TEST(Matcher, ComparesAnyOfSeveralValues) {
  const auto incident = incident_at(1, at(0));
  for (const char* const holds :
       {"server=www", "server = gw", "server!=db", "server=~w+", "server!~db.*", "severity=warning",
        "side=upstream", "rule=~nginx/.*", "host=proxy-1", "upstream=10.0.0.1:443",
        "cause=\"upstream_ca_not_trusted\"", "name=", "name=\"\"",
        "file=", "incident=inc-0000000000000001", "server=~(?i)WWW"}) {
    EXPECT_TRUE(matcher(holds).matches(incident)) << holds;
  }
  for (const char* const fails : {"server=w", "server!=www", "server=~w", "server!~www",
                                  "name!=", "severity=critical", "host=~proxy"}) {
    EXPECT_FALSE(matcher(fails).matches(incident)) << fails;
  }
}

TEST(Matcher, IsWrittenAsItIsRead) {
  for (const char* const text :
       {"server=www", "server!=a b", "rule=~nginx/.*", "host!~x|y", "name=\"\""}) {
    const std::string written = matcher(text).text();
    EXPECT_EQ(matcher(written).text(), written);
  }
  EXPECT_EQ(matcher(" server =~ \"a b\" ").text(), "server=~\"a b\"");
}

TEST(Matcher, SaysWhatIsWrong) {
  for (const auto& [text, word] : std::vector<std::pair<std::string, std::string>>{
           {"server", "operator"},
           {"", "operator"},
           {"colour=red", "label"},
           {"server!www", "operator"},
           {"server=~(", "regex"},
           {std::string(2000, 'x') + "=1", "too long"}}) {
    const auto refused = Matcher::parse(text);
    ASSERT_FALSE(refused) << text;
    EXPECT_NE(refused.error().context().find(word), std::string::npos) << refused.error().context();
  }
}

}  // namespace
}  // namespace handshaked::notify
