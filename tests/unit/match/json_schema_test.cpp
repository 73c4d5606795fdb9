#include "match/json_schema.h"

#include <gtest/gtest.h>

#include "match/json_place.h"

namespace handshaked::match {
namespace {

const std::string kSchema = R"({
  "$schema": "x", "type": "object", "required": ["id", "list"],
  "properties": {
    "id": {"type": "string", "pattern": "^[a-z]+$"},
    "name": {"type": ["string", "null"], "minLength": 2},
    "rate": {"type": "number", "minimum": 0, "maximum": 1},
    "count": {"type": "integer", "minimum": 0},
    "kind": {"$ref": "#/definitions/kind"},
    "list": {"type": "array", "minItems": 1, "items": {"type": "object", "required": ["line"], "properties": {"line": {"type": "string"}}}}
  },
  "definitions": {"kind": {"enum": ["fault", "other"]}}
})";

std::string complaints(const std::string& document) {
  const auto schema = JsonSchema::parse(kSchema);
  EXPECT_TRUE(schema);
  std::string text;
  for (const auto& violation : schema.value().violations(document))
    text += violation.pointer + ": " + violation.reason + "\n";
  return text;
}

TEST(JsonSchema, AcceptsWhatItDescribesAndUnknownMembers) {
  EXPECT_EQ(
      complaints(
          R"({"id":"a","list":[{"line":"x","more":1}],"name":null,"rate":1,"count":0,"kind":"fault","unknown":{"a":[]}})"),
      "");
  EXPECT_EQ(complaints(R"({"id":"a","list":[{"line":"x"}],"name":"中文","rate":0.5})"), "");
}

TEST(JsonSchema, SaysWhereAndWhatIsWrong) {
  EXPECT_EQ(complaints(R"({"list":[{"line":"x"}]})"), ": lacks \"id\"\n");
  EXPECT_EQ(complaints(R"({"id":"A","list":[{"line":"x"}]})"),
            "/id: \"A\" does not match ^[a-z]+$\n");
  EXPECT_EQ(complaints(R"({"id":"a","list":[]})"), "/list: needs at least 1 item\n");
  EXPECT_EQ(complaints(R"({"id":"a","list":[{"line":"x"},{},{"line":3}]})"),
            "/list/1: lacks \"line\"\n/list/2/line: must be string, is integer\n");
  EXPECT_EQ(complaints(R"({"id":"a","list":[{"line":"x"}],"rate":1.5,"count":-1})"),
            "/rate: must be at most 1\n/count: must be at least 0\n");
  EXPECT_EQ(complaints(R"({"id":"a","list":[{"line":"x"}],"count":1.5,"name":"中"})"),
            "/count: must be integer, is number\n/name: is too short\n");
  EXPECT_EQ(complaints(R"({"id":"a","list":[{"line":"x"}],"kind":"fualt"})"),
            "/kind: must be one of \"fault\", \"other\"\n");
  EXPECT_EQ(complaints("[]"), ": must be object, is array\n");
  EXPECT_NE(complaints("{").find("not valid JSON"), std::string::npos);
}

TEST(JsonSchema, RefusesKeywordsThatItWouldNotCheck) {
  EXPECT_FALSE(JsonSchema::parse(R"({"oneOf":[]})"));
  EXPECT_FALSE(JsonSchema::parse(R"({"properties":{"a":{"maxLength":3}}})"));
  EXPECT_FALSE(JsonSchema::parse(R"({"pattern":"("})"));
  EXPECT_FALSE(JsonSchema::parse("{"));
}

TEST(JsonPlace, FindsTheLineOfAValue) {
  const std::string json =
      "{\n \"a\": \"x, }\\\" {\",\n \"b\": [\n  1,\n  {\"c\": true,\n   \"d\": null}\n ],\n \"e\": "
      "{}\n}";
  EXPECT_EQ(line_of_pointer(json, ""), 1U);
  EXPECT_EQ(line_of_pointer(json, "/a"), 2U);
  EXPECT_EQ(line_of_pointer(json, "/b"), 3U);
  EXPECT_EQ(line_of_pointer(json, "/b/0"), 4U);
  EXPECT_EQ(line_of_pointer(json, "/b/1/c"), 5U);
  EXPECT_EQ(line_of_pointer(json, "/b/1/d"), 6U);
  EXPECT_EQ(line_of_pointer(json, "/e"), 8U);
  EXPECT_EQ(line_of_pointer(json, "/b/9"), 3U);
  EXPECT_EQ(line_of_pointer(json, "/nowhere/x"), 1U);
  EXPECT_EQ(line_of_pointer("", "/a"), 1U);
  for (std::size_t cut = 0; cut < json.size(); ++cut)
    line_of_pointer(json.substr(0, cut), "/b/1/d");
}

TEST(JsonSchema, FollowsADefinitionThatOnlyRefers) {
  const auto schema = JsonSchema::parse(
      R"({"definitions": {"a": {"$ref": "#/definitions/b"}, "b": {"$ref": "#/definitions/c"}, "c": {"type": "string"}},
          "properties": {"x": {"$ref": "#/definitions/a"}}})");
  ASSERT_TRUE(schema);
  EXPECT_TRUE(schema.value().violations(R"({"x": "text"})").empty());
  ASSERT_EQ(schema.value().violations(R"({"x": 1})").size(), 1U);
  EXPECT_EQ(schema.value().violations(R"({"x": 1})")[0].pointer, "/x");
}

TEST(JsonSchema, RefusesReferencesThatLeadNowhere) {
  for (
      const char* schema :
      {R"({"properties": {"x": {"$ref": "#/definitions/gone"}}})",
       R"({"definitions": {"a": {"$ref": "#/definitions/a"}}})",
       R"({"definitions": {"a": {"$ref": "#/definitions/b"}, "b": {"$ref": "#/definitions/a"}}, "items": {"$ref": "#/definitions/a"}})"}) {
    EXPECT_FALSE(JsonSchema::parse(schema)) << schema;
  }
}

}  // namespace
}  // namespace handshaked::match
