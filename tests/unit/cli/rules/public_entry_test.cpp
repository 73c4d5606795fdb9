#include "cli/rules/public_entry.h"

#include <gtest/gtest.h>

#include "cli/document/json_layout.h"
#include "match/rule_file.h"

namespace handshaked::cli {
namespace {

const std::string kNested =
    R"({"schema_version":"1","id":"net/x","url":"https://deadends.dev/net/x","error":{"signature":"s","regex":"handshake failure: x","domain":"net","odd":1},
  "verdict":{"summary":"why","fix_success_rate":0.9,"confidence":0.8},"dead_ends":[{"action":"","why_fails":"w","fail_rate":0.5,"sources":[]}],"workarounds":[{"action":"do","how":"so","success_rate":0.5,"sources":["https://nginx.org/"]}],
  "transition_graph":{"leads_to":[{"error_id":"net/y","probability":0.1}],"frequently_confused_with":[{"error_id":"net/z","distinction":"d"}]},"metadata":{"evidence_count":65},"of_tomorrow":[1,{"a":null}]})";

bool warns_of(const ImportedEntry& entry, std::string_view text) {
  for (const std::string& warning : entry.warnings) {
    if (warning.find(text) != std::string::npos) return true;
  }
  return false;
}

TEST(PublicEntry, OfTheNestedShapeIsFlattenedAndLosesNothing) {
  const auto imported = import_entries(kNested, "x.json");
  ASSERT_EQ(imported.size(), 1U);
  const std::string& json = imported.front().json;
  for (const char* const part :
       {"\"regex\":\"handshake failure: x\"", "\"domain\":\"net\"", "\"odd\":1",
        "\"root_cause\":\"why\"", "\"fix_success_rate\":0.9", "\"evidence_count\":65",
        "\"leads_to\":[\"net/y\"]", "\"confused_with\":[{\"id\":\"net/z\",\"distinction\":\"d\"}]",
        "\"of_tomorrow\":[1,{\"a\":null}]", "\"official_doc_url\":\"https://deadends.dev/net/x\"",
        "\"probability\":0.1"}) {
    EXPECT_NE(json.find(part), std::string::npos) << part << "\n" << json;
  }
  EXPECT_EQ(json.find("\"error\":"), std::string::npos);
  // It can be dropped in, is searched for anywhere and never trusted.
  match::LoadedRules loaded;
  match::read_rules(json, "x.json", loaded);
  ASSERT_EQ(loaded.rules.size(), 1U);
  EXPECT_TRUE(loaded.rules.front().imported);
}

TEST(PublicEntry, ImportedTwiceIsTheSame) {
  const std::string once = import_entries(kNested, "x").front().json;
  EXPECT_EQ(import_entries(once, "x").front().json, once);
  EXPECT_EQ(import_entries(laid_out(once), "x").front().json, once);
}

TEST(PublicEntry, OfTheFlatShapeTakesItsTranslationsToItsItems) {
  const auto imported = import_entries(
      R"({"id":"nginx/x","signature":"s","signature_zh":"中","regex":"abc def","root_cause_zh":"因","workarounds":[{"action":"a","how":"a","success_rate":1,"sources":["x"]}],"workarounds_zh":["做"],"dead_ends":[],"samples":[{"line":"x"}]})",
      "x");
  EXPECT_NE(imported.front().json.find(R"("action_zh":"做","how_zh":"做")"), std::string::npos);
  EXPECT_TRUE(imported.front().warnings.empty()) << imported.front().warnings.front();
}

TEST(PublicEntry, WarnsOfWhatIsDoubtful) {
  const ImportedEntry entry = import_entries(kNested, "x").front();
  EXPECT_TRUE(warns_of(entry, "dead_ends/0: the action is empty"));
  EXPECT_TRUE(warns_of(entry, "dead_ends/0: a rate without a source"));
  EXPECT_TRUE(warns_of(entry, "signature: no Chinese translation"));
  EXPECT_FALSE(warns_of(entry, "too broad"));
  EXPECT_TRUE(warns_of(
      import_entries(
          R"({"id":"a","signature":"s","regex":"unable to get local issuer certificate"})", "x")
          .front(),
      "too broad"));
  EXPECT_TRUE(warns_of(import_entries(R"({"id":"a","signature":"s","regex":"("})", "x").front(),
                       "RE2 refuses"));
  EXPECT_TRUE(
      import_entries(R"({"id":"a","signature":"s","regex":"("})", "x").front().json.empty());
  EXPECT_TRUE(warns_of(import_entries("[1]", "x").front(), "not an object"));
  EXPECT_TRUE(warns_of(import_entries("{", "x").front(), "not valid JSON"));
  EXPECT_TRUE(warns_of(import_entries("{}", "x").front(), "lacks id"));
}

TEST(JsonLayout, IsThatOfOurFilesAndChangesNoText) {
  EXPECT_EQ(laid_out(R"({"a":[],"b":{},"c":[1,"x, {\" y\\"],"d":{"e":null}})"),
            "{\n  \"a\": [],\n  \"b\": {},\n  \"c\": [\n    1,\n    \"x, {\\\" y\\\\\"\n  ],\n  "
            "\"d\": {\n    \"e\": null\n  }\n}\n");
  EXPECT_EQ(laid_out("[\"\u009b31m\u202e\"]"), "[\n  \"\\u009b31m\\u202e\"\n]\n")
      << "what a terminal would obey";
  const std::string once = laid_out(kNested);
  EXPECT_EQ(laid_out(once), once);
}

}  // namespace
}  // namespace handshaked::cli
