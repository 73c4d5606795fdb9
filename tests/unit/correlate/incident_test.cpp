#include "correlate/incident.h"

#include <gtest/gtest.h>

#include "unit/correlate/recognised_line.h"

namespace handshaked::correlate {
namespace {

Incident full_incident() {
  Incident incident;
  incident.id = "inc-0123456789abcdef";
  incident.fingerprint = "v1:00112233445566778899aabbccddeeff";
  incident.parent_id = "inc-1";
  incident.status = Status::open;
  incident.severity = match::Severity::critical;
  incident.kind = match::Kind::transport;
  incident.noise = true;
  incident.rule_id = "nginx/x";
  incident.title = "a \"quoted\" title\n";
  incident.title_zh = "标题";
  incident.url = "https://nginx.org/";
  incident.likeliest_cause = "some_cause";
  incident.likelihood = 0.75;
  incident.place = {.side = parse::Side::ocsp,
                    .peer = "p",
                    .name = "n",
                    .server = "s",
                    .object = "o",
                    .scheme = "https"};
  incident.opened_at = at(1);
  incident.last_seen_at = at(2.000001);
  incident.resolved_at = at(3);
  incident.resolved_by = "quiet";
  incident.anomalous_at = at(4);
  incident.reopened_at = at(5);
  incident.reopens = 2;
  incident.flapping = incident.was_open = incident.late = incident.history = true;
  incident.run_count = 4;
  incident.run_since = at(1.5);
  incident.notes = {{.at = at(7), .author = "root", .text = "looked at it"}};
  incident.noise_history.emplace().add(at(1), 5, {});
  incident.noise_history->add(at(1200), 7, {});
  incident.diagnosing_until = at(8);
  incident.fix_verified_at = at(9);
  incident.probe_failed_at = at(10);
  incident.passed_rounds = 2;
  incident.diagnoses = 1;
  incident.count = 123456789012;
  for (int i = 0; i < 100; ++i) incident.clients.add(std::to_string(i));
  incident.hosts = {"h1", "h2"};
  incident.servers = {"", "s"};
  incident.sample_lines = {"line \x01 one", "two"};
  incident.consequences = {{.rule_id = "c", .title = "t", .count = 7, .last_seen_at = at(6)}};
  return incident;
}

TEST(Incident, SurvivesTheStore) {
  const Incident before = full_incident();
  const auto after = Incident::from_json(before.to_json());
  ASSERT_TRUE(after);
  EXPECT_EQ(after.value().to_json(), before.to_json());
  EXPECT_EQ(after.value().last_seen_at, before.last_seen_at);
  EXPECT_EQ(after.value().count, before.count);
  EXPECT_EQ(after.value().clients.distinct(), before.clients.distinct());
  EXPECT_EQ(after.value().consequences.front().count, 7U);
}

TEST(Incident, ItsDiagnosisSurvivesTheStore) {
  const DiagnosisNote note{.cause = "expired",
                           .confidence = 0.9,
                           .cause_key = "ca|1",
                           .proved = true,
                           .first_fix = "renew \"it\"",
                           .first_fix_zh = "续期",
                           .directive = "proxy_ssl_trusted_certificate",
                           .file = "/etc/nginx/nginx.conf",
                           .line = 7,
                           .members = "\"diagnosis\":{}",
                           .members_zh = "\"diagnosis\":{\"a\":1}"};
  const auto after = diagnosis_note_from_json(to_json(note));
  ASSERT_TRUE(after);
  EXPECT_EQ(to_json(after.value()), to_json(note));
  EXPECT_EQ(after.value().line, 7U);
  EXPECT_FALSE(diagnosis_note_from_json("no"));
}

TEST(Incident, OfADamagedStateIsRefused) {
  for (const char* const text :
       {"", "{}", "[]", "{\"version\":2,\"id\":\"a\",\"fingerprint\":\"b\"}", "{\"version\":1}",
        "{\"version\":1,\"id\":\"\",\"fingerprint\":\"b\"}"}) {
    EXPECT_FALSE(Incident::from_json(text)) << text;
  }
  const auto odd = Incident::from_json(
      R"({"version":1,"id":"a","fingerprint":"b","status":99,"severity":-1,"count":"x","place":7,"clients":5,"consequences":[1,{}]})");
  ASSERT_TRUE(odd);
  EXPECT_EQ(odd.value().status, Status::pending);
  EXPECT_EQ(odd.value().count, 0U);
}

TEST(Incident, StoredBytesThatAreNoUtf8AreRepaired) {
  Incident incident = full_incident();
  incident.sample_lines = {"\xff\xfe bytes"};
  const auto after = Incident::from_json(incident.to_json());
  ASSERT_TRUE(after);
  EXPECT_EQ(after.value().sample_lines.front(), "\xEF\xBF\xBD\xEF\xBF\xBD bytes");
}

}  // namespace
}  // namespace handshaked::correlate
