#include "event/incident_event.h"

#include <gtest/gtest.h>
#include <simdjson.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "event/redaction.h"
#include "match/json_schema.h"
#include "match/rule_file.h"

namespace handshaked::event {
namespace {

std::filesystem::path source_directory() { return HANDSHAKED_SOURCE_DIRECTORY; }

std::string read(const std::filesystem::path& file) {
  std::ostringstream text;
  text << std::ifstream(file).rdbuf();
  return text.str();
}

correlate::Incident incident_of(const match::Rule& rule) {
  correlate::Incident incident;
  incident.id = "inc-0123456789abcdef";
  incident.fingerprint = "v1:0123456789abcdef0123456789abcdef";
  incident.status = correlate::Status::open;
  incident.severity = rule.severity;
  incident.rule_id = rule.id;
  incident.title = rule.title;
  incident.title_zh = rule.title_zh;
  incident.url = rule.url;
  incident.likeliest_cause = rule.causes.front().cause;
  incident.likelihood = rule.causes.front().likelihood;
  incident.place = {.side = rule.side,
                    .peer = "10.0.0.1:443",
                    .name = "",
                    .server = "gw",
                    .object = "",
                    .scheme = "grpcs"};
  incident.opened_at = incident.last_seen_at = Time(std::chrono::seconds(1795237493));
  incident.count = 3;
  incident.clients.add("192.0.2.7");
  incident.sample_lines = {
      "2026/11/21 02:58:15 [error] 9#9: *1 SSL_do_handshake() failed while SSL handshaking to "
      "upstream, client: 192.0.2.7, server: gw, "
      "request: \"GET /pay?card=4111 HTTP/1.1\", upstream: \"https://10.0.0.1/pay?card=4111\" "
      "\xff"};
  return incident;
}

class EveryRule : public testing::Test {
 protected:
  EveryRule()
      : loaded(match::load_rules((source_directory() / "rules").string())),
        knowledge(
            match::Knowledge::load((source_directory() / "rules").string(), loaded.problems)) {}
  match::LoadedRules loaded;
  match::Knowledge knowledge;
};

TEST_F(EveryRule, PutsTheAddressIntoTheAdviceAndNothingIntoTheLines) {
  const auto rule =
      std::find_if(loaded.rules.begin(), loaded.rules.end(), [](const match::Rule& one) {
        return one.id == "nginx/upstream-ssl-certificate-verify-error";
      });
  ASSERT_NE(rule, loaded.rules.end());
  correlate::Incident incident = incident_of(*rule);
  incident.sample_lines = {"a stranger's -connect {peer} -servername {name}"};
  incident.place.name = "api.example";
  std::string data;
  append_incident_data(data, incident, &*rule, knowledge, Language::en);
  EXPECT_NE(data.find("-connect 10.0.0.1:443 -servername api.example"), std::string::npos) << data;
  EXPECT_NE(data.find("a stranger's -connect {peer} -servername {name}"), std::string::npos);
}

/// Whatever the place tells stands in the advice, and nobody pastes what is not known.
TEST_F(EveryRule, LeavesNoHoleThatThePlaceCanFill) {
  std::size_t filled = 0;
  for (const match::Rule& rule : loaded.rules) {
    correlate::Incident incident = incident_of(rule);
    const bool is_upstream = rule.side == parse::Side::upstream;
    incident.place.name = "api.example";
    incident.place.server = "shop.example";
    incident.place.object = "/etc/nginx/conf.d/shop.conf:12";
    for (const Language language : {Language::en, Language::zh}) {
      std::string data;
      append_incident_data(data, incident, &rule, knowledge, language);
      const std::string advice = data.substr(data.find("\"diagnosis\":"));
      for (const char* const name :
           {"peer", "name", "server", "file", "line", "trusted_file", "crl_file", "family"})
        EXPECT_EQ(advice.find("{" + std::string(name) + "}"), std::string::npos)
            << rule.id << ": {" << name << "} is left in " << advice;
      for (const char* const hole :
           {"<name that nginx checks>", "<nginx 校验的名称>", "<server name>", "<服务器名称>",
            "<file that the line names>", "<该行所指的文件>", "<line number>"})
        EXPECT_EQ(advice.find(hole), std::string::npos) << rule.id << ": " << hole;
      if (is_upstream) {
        EXPECT_EQ(advice.find("<host:port>"), std::string::npos) << rule.id;
      }
      filled +=
          advice.find("-connect 10.0.0.1:443 -servername api.example") != std::string::npos ? 1 : 0;
    }
  }
  EXPECT_GT(filled, 50u);
}

TEST_F(EveryRule, LinksToThePageWhereThereIsOne) {
  const correlate::Incident incident = incident_of(loaded.rules.front());
  const auto body = [&](std::string page) {
    EventOptions options{.host = "proxy-1"};
    options.page = std::move(page);
    return make_event(EventKind::opened, incident, &loaded.rules.front(), knowledge,
                      incident.opened_at, options)
        .body;
  };
  EXPECT_NE(body("https://tls.example/incidents/inc-1")
                .find("\"incident\":{\"page\":\"https://tls.example/incidents/inc-1\","),
            std::string::npos);
  EXPECT_EQ(body("").find("\"page\""), std::string::npos);
}

TEST_F(EveryRule, NamesTheCommandThatFindsItsDaemon) {
  correlate::Incident incident = incident_of(loaded.rules.front());
  EXPECT_EQ(show_command(incident, ""), "handshaked fix show " + incident.id);
  EXPECT_EQ(show_command(incident, "-c /srv/x.toml"),
            "handshaked fix show " + incident.id + " -c /srv/x.toml");
  EventOptions options{.host = "proxy-1"};
  options.command_options = "-c '/srv/a b.toml'";
  const RemediationEvent event = make_event(EventKind::opened, incident, &loaded.rules.front(),
                                            knowledge, incident.opened_at, options);
  EXPECT_NE(event.body.find("\"command\":\"handshaked fix show " + incident.id.text() +
                            " -c '/srv/a b.toml'\""),
            std::string::npos)
      << event.body;
  incident.fleet.emplace();  // an edge's configuration is its own
  EXPECT_EQ(show_command(incident, "-c /srv/x.toml"), "handshaked fix show " + incident.id);
}

TEST_F(EveryRule, MakesEventsThatKeepThePublishedSchema) {
  ASSERT_TRUE(loaded.problems.empty());
  const auto schema =
      match::JsonSchema::parse(read(source_directory() / "daemon/event/schema/incident-1.json"));
  ASSERT_TRUE(schema.has_value()) << schema.error().message();
  for (const match::Rule& rule : loaded.rules) {
    for (const Language language : {Language::en, Language::zh}) {
      std::string data;
      append_incident_data(data, incident_of(rule), &rule, knowledge, language);
      for (const auto& violation : schema.value().violations(data))
        ADD_FAILURE() << rule.id << violation.pointer << ": " << violation.reason;
    }
  }
}

TEST_F(EveryRule, OfAFleetSaysOnWhichHostsItIsAndWhatTellsThemApart) {
  const auto schema =
      match::JsonSchema::parse(read(source_directory() / "daemon/event/schema/incident-1.json"));
  correlate::Incident incident = incident_of(loaded.rules.front());
  correlate::FleetSpread& fleet = incident.fleet.emplace();
  fleet.edges = 40;
  fleet.affected = 5;
  fleet.hosts = {{.host = "proxy-7",
                  .cause = "ca_missing",
                  .since = incident.opened_at,
                  .until = {},
                  .count = 3}};
  fleet.differences = {{.fact = "sha256 /etc/ca.pem",
                        .affected = {std::string(64, 'a')},
                        .others = {std::string(64, 'b')}},
                       {.fact = "nginx_loaded_at",
                        .affected = {"2026-11-20T00:00:00Z"},
                        .others = {"2026-11-21T00:00:00Z"}}};
  fleet.labels = {"site=fra"};
  for (const Language language : {Language::en, Language::zh}) {
    std::string data;
    append_incident_data(data, incident, &loaded.rules.front(), knowledge, language);
    for (const auto& violation : schema.value().violations(data))
      ADD_FAILURE() << violation.pointer << ": " << violation.reason;
  }
  const RemediationEvent event = make_event(EventKind::opened, incident, &loaded.rules.front(),
                                            knowledge, incident.opened_at, {.host = "centre"});
  EXPECT_NE(event.summary.find("on 5 of 40 hosts"), std::string::npos) << event.summary;
  EXPECT_NE(
      event.body.find(
          "SHA-256 of /etc/ca.pem: aaaaaaaaaaaa on the affected hosts, bbbbbbbbbbbb on the others"),
      std::string::npos);
}

TEST_F(EveryRule, LeavesNoPlaceholderOfTheDirectiveFamily) {
  for (const match::Rule& rule : loaded.rules) {
    std::string data;
    append_incident_data(data, incident_of(rule), &rule, knowledge, Language::en);
    EXPECT_EQ(data.find("{family}"), std::string::npos) << rule.id;
  }
}

TEST_F(EveryRule, IsStillReportedWhenItLeftTheRuleSet) {
  std::string data;
  append_incident_data(data, incident_of(loaded.rules.front()), nullptr, knowledge, Language::en);
  simdjson::dom::parser parser;
  EXPECT_EQ(parser.parse(data).error(), simdjson::SUCCESS);
}

TEST_F(EveryRule, KeepsQueryStringsAndClientsToItself) {
  const match::Rule& rule = loaded.rules.front();
  const RemediationEvent event = make_event(EventKind::opened, incident_of(rule), &rule, knowledge,
                                            Time{}, {.host = "proxy-7"});
  EXPECT_EQ(event.body.find("4111"), std::string::npos);
  EXPECT_EQ(event.body.find("192.0.2.7"), std::string::npos);
  EXPECT_NE(event.body.find("192.0.2.0/24"), std::string::npos);
  EXPECT_EQ(event.event_id, "inc-0123456789abcdef.opened.1");
}

TEST(MaskedAddress, ShowsTheNetworkOnly) {
  EXPECT_EQ(masked_address("192.0.2.7"), "192.0.2.0/24");
  EXPECT_EQ(masked_address("2001:db8:1:2::3"), "2001:db8:1::/48");
  EXPECT_EQ(masked_address("unix:"), "unix:");
  EXPECT_EQ(masked_address("not an address"), "");
  EXPECT_EQ(masked_address(std::string_view("192.0.2.7\0 secret", 17)), "");
}

}  // namespace
}  // namespace handshaked::event
