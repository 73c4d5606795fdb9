#include "store/incidents.h"

#include "rows.h"
#include "store/notifications.h"

namespace handshaked::store::test {
namespace {

std::vector<std::string> ids(const Result<std::vector<IncidentRow>>& rows) {
  std::vector<std::string> names;
  for (const IncidentRow& row : rows.value()) names.push_back(row.id);
  return names;
}

class IncidentsTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_OK(database_.apply({.incidents = {incident("old", IncidentStatus::open, at(1)),
                                             incident("gone", IncidentStatus::resolved, at(9)),
                                             incident("new", IncidentStatus::open, at(5)),
                                             incident("past", IncidentStatus::resolved, at(2))}}));
  }

  Database database_ = open_in_memory();
  Incidents incidents_{database_};
};

TEST_F(IncidentsTest, OpenOnesAreLoadedTheLatestFirst) {
  EXPECT_EQ(ids(incidents_.load_open()), (std::vector<std::string>{"new", "old"}));
}

TEST_F(IncidentsTest, OpenOnesAreVisitedInTheSameOrder) {
  std::vector<std::string> visited;
  ASSERT_TRUE(incidents_.visit_open([&](const IncidentRow& row) { visited.push_back(row.id); }));
  EXPECT_EQ(visited, ids(incidents_.load_open()));
  EXPECT_EQ(visited.size(), 2U);
}

TEST_F(IncidentsTest, ComeBackAsTheyWereWritten) {
  IncidentRow row = incident("x", IncidentStatus::resolved, at(7));
  row.fingerprint = "v1:abc";
  row.severity = "critical";
  row.opened_at = at(3);
  row.resolved_at = at(8);
  row.state_json = R"({"text":"證書 \u0000"})";
  ASSERT_OK(database_.apply({.incidents = {row}}));
  const auto found = incidents_.find("x");
  ASSERT_OK(found);
  ASSERT_TRUE(found.value());
  EXPECT_EQ(found.value()->fingerprint, row.fingerprint);
  EXPECT_EQ(found.value()->status, row.status);
  EXPECT_EQ(found.value()->severity, row.severity);
  EXPECT_EQ(found.value()->opened_at, row.opened_at);
  EXPECT_EQ(found.value()->last_seen_at, row.last_seen_at);
  EXPECT_EQ(found.value()->resolved_at, row.resolved_at);
  EXPECT_EQ(found.value()->state_json, row.state_json);
}

TEST_F(IncidentsTest, AReopenedOneIsOpenAgain) {
  ASSERT_OK(database_.apply({.incidents = {incident("gone", IncidentStatus::open, at(20))}}));
  const auto found = incidents_.find("gone");
  ASSERT_OK(found);
  EXPECT_EQ(found.value()->status, IncidentStatus::open);
  EXPECT_FALSE(found.value()->resolved_at);
  EXPECT_EQ(incidents_.load_open().value().size(), 3U);
}

TEST_F(IncidentsTest, AreListedOpenBeforeResolvedUpToTheLimit) {
  EXPECT_EQ(ids(incidents_.list(std::nullopt, 10)),
            (std::vector<std::string>{"new", "old", "gone", "past"}));
  EXPECT_EQ(ids(incidents_.list(std::nullopt, 3)),
            (std::vector<std::string>{"new", "old", "gone"}));
  EXPECT_EQ(ids(incidents_.list(std::nullopt, 2)), (std::vector<std::string>{"new", "old"}));
  EXPECT_EQ(ids(incidents_.list(IncidentStatus::resolved, 1)), (std::vector<std::string>{"gone"}));
  EXPECT_TRUE(ids(incidents_.list(std::nullopt, 0)).empty());
}

TEST_F(IncidentsTest, AreCountedByStatus) {
  EXPECT_EQ(incidents_.count().value().open, 2);
  EXPECT_EQ(incidents_.count().value().resolved, 2);
  EXPECT_FALSE(incidents_.find("nobody").value());
}

TEST(Incidents, ADiagnosisThatDoesNotHoldAnyMoreGoes) {
  Database database = open_in_memory();
  ASSERT_TRUE(database.apply({.incidents = {incident("a"), incident("b")},
                              .diagnoses = {{.incident_id = "a", .note_json = "{}"},
                                            {.incident_id = "b", .note_json = "{}"}}}));
  ASSERT_TRUE(database.apply({.diagnoses = {{.incident_id = "a", .note_json = {}}}}));
  EXPECT_EQ(value_of(Notifications(database).find_diagnosis("a")), "");
  EXPECT_EQ(value_of(Notifications(database).find_diagnosis("b")), "{}");
}

}  // namespace
}  // namespace handshaked::store::test
