#include "cli/operator/operator_document.h"

#include <gtest/gtest.h>

#include "cli/document/text_layout.h"

namespace handshaked::cli {
namespace {

constexpr std::string_view kList =
    R"json({"total":1,"incidents":[{"id":"inc-0123456789abcdef","severity":"critical","status":"open","title":"shop.example → 10.0.0.5:8443: )json"
    R"json(the upstream's certificate does not verify: its issuer is not found (code 20)","cause":"upstream_ca_not_trusted",)json"
    R"json("diagnosed":false,"opened_at":"2026-11-21T02:58:15Z","last_seen_at":"2026-11-21T03:01:00Z","count":1234,)json"
    R"json("rate_per_minute":8.4,"flapping":false,"silenced_by":[],"noise":false}]})json";

TEST(IncidentsList, SaysSinceWhenAndHowOftenInEightyColumns) {
  const std::string text = operator_page("incidents.list", std::string(kList), Language::en, 80);
  for (const std::string_view line : lines_of(text)) EXPECT_LE(display_width(line), 80u) << line;
  for (const char* expected : {"\ninc-0123456789abcdef  ◆ critical  open    2026-11-21 02:58  8.4\n",
                               "\n  shop.example → 10.0.0.5:8443: the upstream's", "…  upstream_ca_not_trusted?\n"})
    EXPECT_NE(text.find(expected), std::string::npos) << expected << "\n" << text;
}

TEST(IncidentsList, IsOneWholeLineARowInAPipe) {
  const std::string text = operator_page("incidents.list", std::string(kList), Language::en);
  EXPECT_EQ(lines_of(text).size(), 2u) << text;
  for (const char* expected : {"2026-11-21 02:58  8.4", "1234   2026-11-21 03:01", "its issuer is not found (code 20)"})
    EXPECT_NE(text.find(expected), std::string::npos) << expected << "\n" << text;
}

}  // namespace
}  // namespace handshaked::cli
