#include "nginx/error_log_inventory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace handshaked::nginx {
namespace {

using ::testing::ElementsAre;

std::vector<NamedErrorLog> inventory_of(const std::string& text,
                                        const Installation& installation = {}) {
  MemoryFiles files;
  files.add("/etc/nginx/nginx.conf", text);
  files.add("/etc/nginx/site.conf", "server { error_log logs/site.log; }\n");
  const auto configuration = Configuration::load("/etc/nginx/nginx.conf", files,
                                                 {.prefix = "/usr/share/nginx", .limits = {}});
  EXPECT_TRUE(configuration);
  return error_log_inventory(configuration.value(), installation);
}

std::vector<std::string> paths_of(const std::vector<NamedErrorLog>& logs) {
  std::vector<std::string> paths;
  for (const NamedErrorLog& log : logs) paths.push_back(log.path);
  return paths;
}

TEST(ErrorLogInventory, FindsThemAtEveryLevelEachOnce) {
  Installation installation;
  installation.error_log = "/var/log/nginx/error.log";
  const auto logs = inventory_of(
      "error_log /var/log/nginx/error.log crit;\nstream { error_log logs/stream.log; server { "
      "error_log logs/tcp.log; } }\n"
      "mail { error_log logs/mail.log; }\nhttp { error_log logs/http.log info; include site.conf; "
      "include site.conf;\n"
      "server { location / { error_log logs/here.log; } error_log logs/http.log; } }\n",
      installation);
  EXPECT_THAT(paths_of(logs),
              ElementsAre("/var/log/nginx/error.log", "/usr/share/nginx/logs/stream.log",
                          "/usr/share/nginx/logs/tcp.log", "/usr/share/nginx/logs/mail.log",
                          "/usr/share/nginx/logs/http.log", "/usr/share/nginx/logs/site.log",
                          "/usr/share/nginx/logs/here.log"));
  EXPECT_EQ(logs[0].level, "crit");
  EXPECT_TRUE(logs[0].is_start_log);
  EXPECT_EQ(logs[4].level, "info");
  EXPECT_EQ(logs[4].mentions, 2U);
  EXPECT_EQ(logs[5].file, "/etc/nginx/site.conf");
  EXPECT_EQ(logs[5].line, 1U);
}

TEST(ErrorLogInventory, AddsTheLogOfTheStartThoughTheMainLevelNamesAnother) {
  Installation installation;
  installation.error_log = "logs/start.log";
  installation.prefix = "/opt/nginx/";
  const auto logs = inventory_of("error_log syslog:server=unix:/dev/log,tag=edge;", installation);
  EXPECT_THAT(paths_of(logs),
              ElementsAre("syslog:server=unix:/dev/log,tag=edge", "/opt/nginx/logs/start.log"));
  EXPECT_EQ(logs[0].place, LogPlace::syslog);
  EXPECT_EQ(logs[1].place, LogPlace::file);
  EXPECT_TRUE(logs[1].is_start_log);
  EXPECT_TRUE(logs[1].file.empty());
}

TEST(ErrorLogInventory, KnowsWhatIsNoFile) {
  Installation installation;
  installation.error_log = "stderr";
  const auto logs = inventory_of(
      "error_log stderr;\nhttp { error_log memory:32m debug; server { error_log /dev/null crit; } "
      "server { error_log /dev/stdout; }\n"
      "server { error_log off; } }",
      installation);
  ASSERT_EQ(logs.size(), 5U);
  EXPECT_EQ(logs[0].place, LogPlace::stderr_);
  EXPECT_TRUE(logs[0].is_start_log);
  EXPECT_EQ(logs[1].place, LogPlace::memory);
  EXPECT_EQ(logs[2].place, LogPlace::discarded);
  EXPECT_EQ(logs[3].place, LogPlace::device);
  EXPECT_EQ(logs[4].place, LogPlace::file);
  EXPECT_EQ(logs[4].path, "/usr/share/nginx/off");
}

TEST(ErrorLogInventory, IsBounded) {
  std::string text = "http {";
  for (std::size_t i = 0; i < kMostErrorLogs + 50; ++i)
    text += "server { error_log logs/" + std::to_string(i) + ".log; }\n";
  EXPECT_EQ(inventory_of(text + "}").size(), kMostErrorLogs);
}

TEST(ErrorLogInventory, OrdersLevels) {
  EXPECT_LT(log_verbosity("crit"), kUpstreamVerbosity);
  EXPECT_EQ(log_verbosity("error"), kUpstreamVerbosity);
  EXPECT_LT(log_verbosity("notice"), kClientVerbosity);
  EXPECT_EQ(log_verbosity("info"), kClientVerbosity);
  EXPECT_EQ(log_verbosity("loud"), -1);
}

}  // namespace
}  // namespace handshaked::nginx
