#include "cli/operator/operator_document.h"

#include <gtest/gtest.h>

namespace handshaked::cli {
namespace {

TEST(OperatorDocument, ShowsIncidentsInColumnsAndStrangersTextHarmlessly) {
  const std::string page = operator_page(
      "incidents.list",
      R"({"total":3,"incidents":[{"id":"inc-1","severity":"warning","status":"open","count":7,"last_seen_at":"2026-11-21T02:58:15.5Z",
          "peer":"10.0.0.1:443\u001b[31m","cause":"expired","rule":"nginx/x","flapping":true,"silenced_by":["sil-1"]},
         {"id":"inc-2","server":"gw","count":1}]})",
      Language::en);
  EXPECT_NE(page.find("inc-1"), std::string::npos);
  EXPECT_NE(page.find("open,flapping,silenced"), std::string::npos);
  EXPECT_NE(page.find("2026-11-21 02:58:15 UTC"), std::string::npos);
  EXPECT_NE(page.find("and more: 1"), std::string::npos);
  EXPECT_EQ(page.find('\x1b'), std::string::npos);
}

TEST(OperatorDocument, SaysThatThereIsNothing) {
  EXPECT_EQ(operator_page("incidents.list", R"({"total":0,"incidents":[]})", Language::en), "no incidents\n");
  EXPECT_EQ(operator_page("silence.list", R"({"silences":[],"maintenance":[]})", Language::zh), "没有静默\n");
  EXPECT_EQ(operator_page("deliveries.list", R"({"deliveries":[]})", Language::en), "no deliveries\n");
  EXPECT_EQ(operator_page("silence.add", R"({"id":"sil-0b9e331f"})", Language::en), "sil-0b9e331f\n");
}

TEST(OperatorDocument, ShowsWhatItDoesNotUnderstandAsItCame) {
  EXPECT_EQ(operator_page("status", "{}", Language::en), "{}\n");
  EXPECT_EQ(operator_page("incidents.show", "[1]", Language::en), "[1]\n");
  EXPECT_EQ(operator_page("status", "no json", Language::en), "no json\n");
}

}  // namespace
}  // namespace handshaked::cli
