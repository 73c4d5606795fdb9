#include "cli/rules/checks/entry_texts.h"

#include <gtest/gtest.h>

namespace handshaked::cli {
namespace {

std::string complaints(const std::string& json) {
  std::string text;
  for (const EntryComplaint& complaint : complaints_about_texts(json))
    text += complaint.pointer + ": " + complaint.reason + "\n";
  return text;
}

TEST(EntryTexts, WantEveryTextInBothLanguages) {
  EXPECT_EQ(
      complaints(
          R"({"action":"do","action_zh":"做","how":"nginx -t","how_zh":"nginx -t","condition":"","workarounds":[{"action":"a","action_zh":"做"}]})"),
      "");
  EXPECT_EQ(complaints(R"({"causes":[{"tell_apart":"so"}]})"),
            "/causes/0/tell_apart: lacks its translation, \"tell_apart_zh\"\n");
  EXPECT_EQ(complaints(R"({"action":"do","action_zh":"do"})"), "/action_zh: holds no Chinese\n");
}

TEST(EntryTexts, WantActionsSourcesAndSoundLinks) {
  EXPECT_NE(complaints(R"({"dead_ends":[{"action":""}]})").find("/dead_ends/0/action: is empty"),
            std::string::npos);
  EXPECT_NE(
      complaints(R"({"workarounds":[{"evidence_count":2,"sources":[]}]})").find("names no source"),
      std::string::npos);
  EXPECT_EQ(
      complaints(
          R"({"workarounds":[{"evidence_count":0,"sources":[]},{"evidence_count":1,"sources":["measured"]}]})"),
      "");
  EXPECT_NE(complaints(R"({"official_doc_url":"nginx.org"})").find("not a valid link"),
            std::string::npos);
  EXPECT_NE(complaints(R"({"sources":["https://nginx.org/ x"]})").find("/sources/0: "),
            std::string::npos);
}

TEST(EntryTexts, NameNothingOfTheirWritersMachine) {
  EXPECT_NE(complaints(R"({"root_cause":"see ../elsewhere/x","root_cause_zh":"见"})").find("../"),
            std::string::npos);
  EXPECT_EQ(complaints(R"({"samples":[{"line":"open() \"/Users/x\" failed"}]})"), "");
}

TEST(EntryTexts, KnowASoundLink) {
  for (const char* const good :
       {"https://nginx.org/en/docs/http/ngx_http_ssl_module.html#ssl_certificate", "http://a.b",
        "https://github.com/nginx/nginx/issues/1409", "https://a.b/c?d=e&f=%20#g-h.i"})
    EXPECT_TRUE(is_sound_link(good)) << good;
  for (const char* const bad :
       {"", "nginx.org", "ftp://a.b/", "https://", "https://localhost/", "https://a.b/ c",
        "https://a.b/\"x", "https://a.b/#", "https://a.b/#x#y", "https://a.b/<x>",
        "javascript:alert(1)", "https://.b/"})
    EXPECT_FALSE(is_sound_link(bad)) << bad;
}

}  // namespace
}  // namespace handshaked::cli
