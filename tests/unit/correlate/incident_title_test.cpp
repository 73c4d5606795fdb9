#include "correlate/incident_title.h"

#include <gtest/gtest.h>

namespace handshaked::correlate {
namespace {

Incident upstream_incident() {
  Incident incident;
  incident.title = "the upstream's certificate does not verify";
  incident.title_zh = "上游证书校验失败";
  incident.place.side = parse::Side::upstream;
  incident.place.peer = "10.0.0.5:8443";
  incident.servers = {"shop.example"};
  return incident;
}

void diagnose(Incident& incident, double confidence) {
  DiagnosisNote note;
  note.confidence = confidence;
  note.members =
      R"json("diagnosis":{"cause":"c","summary":"The certificate CN=shop of 10.0.0.5:8443 expired on 2026-11-26 10:00:00 UTC. Besides: \"x\"."},"fixes":[])json";
  note.members_zh =
      R"json("diagnosis":{"cause":"c","summary":"10.0.0.5:8443 的证书 CN=shop 已于 2026-11-26 10:00:00 UTC 过期。此外：y。"})json";
  incident.diagnosis = std::make_shared<const DiagnosisNote>(note);
}

TEST(IncidentTitle, SaysWhereAndWhatAsAPersonWould) {
  Incident incident = upstream_incident();
  EXPECT_EQ(incident_title(incident, Language::en),
            "shop.example → 10.0.0.5:8443: the upstream's certificate does not verify");
  diagnose(incident, 0.95);
  EXPECT_EQ(incident_title(incident, Language::en),
            "shop.example → 10.0.0.5:8443: the certificate CN=shop expired on 2026-11-26");
  EXPECT_EQ(incident_title(incident, Language::zh),
            "shop.example → 10.0.0.5:8443：上游的证书 CN=shop 已于 2026-11-26 过期");
}

TEST(IncidentTitle, LeavesIdsOfKeysToTheDetails) {
  Incident incident = upstream_incident();
  DiagnosisNote note;
  note.confidence = 0.95;
  note.members =
      R"json("diagnosis":{"summary":"The chain of 10.0.0.5:8443 leads to CN=Root (key id 1c4e09271836df94), which is not in /etc/ca.pem."})json";
  note.members_zh =
      R"json("diagnosis":{"summary":"10.0.0.5:8443 的证书链指向 CN=Root（密钥标识 1c4e09271836df94），而 /etc/ca.pem 中没有它。"})json";
  incident.diagnosis = std::make_shared<const DiagnosisNote>(note);
  EXPECT_EQ(
      incident_title(incident, Language::en),
      "shop.example → 10.0.0.5:8443: the chain leads to CN=Root, which is not in /etc/ca.pem");
  EXPECT_EQ(incident_title(incident, Language::zh),
            "shop.example → 10.0.0.5:8443：上游的证书链指向 CN=Root，而 /etc/ca.pem 中没有它");
}

TEST(IncidentTitle, OfADiagnosisThatIsNotSureSaysWhatTheLineSays) {
  Incident incident = upstream_incident();
  diagnose(incident, 0.6);
  EXPECT_EQ(incident_title(incident, Language::en),
            "shop.example → 10.0.0.5:8443: the upstream's certificate does not verify");
}

TEST(IncidentTitle, OfADiagnosisWithoutASummarySaysWhatTheLineSays) {
  for (const char* const members :
       {"", R"("diagnosis":{"cause":"c"})", R"("diagnosis":{"summary":"cut)",
        R"("diagnosis":{"summary":7})"}) {
    Incident incident = upstream_incident();
    DiagnosisNote note;
    note.confidence = 1;
    note.members = members;
    incident.diagnosis = std::make_shared<const DiagnosisNote>(note);
    EXPECT_EQ(incident_title(incident, Language::en),
              "shop.example → 10.0.0.5:8443: the upstream's certificate does not verify")
        << members;
  }
}

TEST(IncidentTitle, NamesThePlaceOfEverySide) {
  Incident incident = upstream_incident();
  incident.servers = {"a.example", "b.example", "_"};
  EXPECT_EQ(incident_place(incident, Language::en), "a.example (+1) → 10.0.0.5:8443");
  incident.servers = {"_"};
  EXPECT_EQ(incident_place(incident, Language::en), "nginx → 10.0.0.5:8443");
  incident.place = {.side = parse::Side::client,
                    .peer = {},
                    .name = {},
                    .server = "shop.example",
                    .object = {},
                    .scheme = {}};
  incident.servers = {};
  EXPECT_EQ(incident_place(incident, Language::en), "clients → shop.example");
  EXPECT_EQ(incident_place(incident, Language::zh), "客户端 → shop.example");
  incident.place = {.side = parse::Side::ocsp,
                    .peer = "ocsp.example",
                    .name = {},
                    .server = {},
                    .object = {},
                    .scheme = {}};
  EXPECT_EQ(incident_place(incident, Language::en), "nginx → OCSP responder ocsp.example");
  incident.place = {.side = parse::Side::config,
                    .peer = {},
                    .name = {},
                    .server = {},
                    .object = "/etc/nginx/a.pem",
                    .scheme = {}};
  EXPECT_EQ(incident_place(incident, Language::en), "/etc/nginx/a.pem");
}

TEST(IncidentTitle, IsBoundedWhateverStrangersWrote) {
  Incident incident = upstream_incident();
  incident.servers = {std::string(5000, 'x')};
  incident.place.peer = std::string(5000, 'y');
  incident.title = std::string(5000, 'z');
  EXPECT_LT(incident_title(incident, Language::en).size(), 450U);
}

TEST(IncidentTitle, NamesTheDirectivesOfItsFamily) {
  Incident incident = upstream_incident();
  incident.title = "a CRL of {family}_ssl_crl";
  incident.place.scheme = "grpcs";
  EXPECT_TRUE(incident_title(incident, Language::en).ends_with("a CRL of grpc_ssl_crl"));
}

}  // namespace
}  // namespace handshaked::correlate
