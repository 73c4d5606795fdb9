#include "match/advice_facts.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "match/knowledge.h"

namespace handshaked::match {
namespace {

const std::string kCommand =
    "openssl s_client -connect {peer} -servername {name} -CAfile {trusted_file}";

TEST(AdviceFacts, StandWhereTheyAreKnown) {
  EXPECT_EQ(filled_in(kCommand,
                      {.scheme = "https",
                       .peer = "10.0.0.1:443",
                       .name = "a.example",
                       .trusted_file = "/etc/ca.pem"},
                      Language::en),
            "openssl s_client -connect 10.0.0.1:443 -servername a.example -CAfile /etc/ca.pem");
  EXPECT_EQ(filled_in("nc {peer_host} {peer_port}", {.peer = "[2001:db8::1]:443"}, Language::en),
            "nc 2001:db8::1 443");
}

TEST(AdviceFacts, ChooseTheFamilyOfDirectives) {
  EXPECT_EQ(
      filled_in("{family}_ssl_verify on; {family}_ssl_name x;", {.scheme = "grpcs"}, Language::en),
      "grpc_ssl_verify on; grpc_ssl_name x;");
  EXPECT_EQ(filled_in("{family}_ssl_verify", {.scheme = "suwsgi"}, Language::en),
            "uwsgi_ssl_verify");
  EXPECT_EQ(filled_in("{family}_ssl_verify", {}, Language::en), "proxy_ssl_verify");
}

TEST(AdviceFacts, AreSaidInWordsWhereTheyAreNotKnown) {
  EXPECT_EQ(filled_in(kCommand, {.scheme = "grpcs"}, Language::en),
            "openssl s_client -connect <host:port> -servername <name that nginx checks> -CAfile "
            "<file of grpc_ssl_trusted_certificate>");
  EXPECT_EQ(filled_in(kCommand, {.scheme = "https"}, Language::zh),
            "openssl s_client -connect <主机:端口> -servername <nginx 校验的名称> -CAfile "
            "<proxy_ssl_trusted_certificate 的文件>");
}

TEST(AdviceFacts, LetNothingIntoACommandThatAShellOrJsonReads) {
  for (const char* const odd : {"backend", "a;rm:1", "$(x):1", "-a:1", ":1", "a:", "a:1b", "a\"b:1",
                                "[x]:1", "[::1:1", "unix:/run/x"})
    EXPECT_EQ(filled_in("{peer}", {.peer = odd}, Language::en), "<host:port>") << odd;
  for (const char* const odd : {"a b", "-x", "a'b", "a\\b", "a\nb", "`id`", "*.a", "_"})
    EXPECT_EQ(filled_in("{server}", {.server = odd}, Language::en), "<server name>") << odd;
  EXPECT_EQ(filled_in("{file}", {.file = "/etc/a b.pem"}, Language::en),
            "<file that the line names>");
}

TEST(AdviceFacts, LeaveOtherBracesAlone) {
  const std::string text = "curl -w \"%{http_code}\" ; server{} ; map $a $b { default c; } ; {";
  EXPECT_EQ(filled_in(text, {}, Language::en), text);
}

/// Every text of every cause and rule, with everything known: no placeholder is left, and nothing
/// is said in words.
TEST(AdviceFacts, FillEveryTextOfTheKnowledgeBase) {
  AdviceFacts facts{.scheme = "https",
                    .peer = "10.0.0.1:443",
                    .name = "a.example",
                    .server = "shop.example",
                    .file = "/etc/f.pem",
                    .line = "7"};
  facts.trusted_file = facts.crl_file = facts.client_certificate = facts.client_key =
      facts.certificate = facts.key = "/etc/f.pem";
  facts.depth = "1";
  facts.ciphers = "HIGH:!aNULL";
  facts.responder = "ocsp.example";
  std::vector<RuleProblem> problems;
  const auto knowledge = Knowledge::load(
      (std::filesystem::path(HANDSHAKED_SOURCE_DIRECTORY) / "rules").string(), problems);
  std::size_t texts = 0;
  for (const std::string& cause : knowledge.causes()) {
    for (const Language language : {Language::en, Language::zh}) {
      const auto advice = knowledge.about_cause(cause, language);
      ASSERT_TRUE(advice);
      for (const Workaround& one : advice->workarounds) {
        const std::string how = filled_in(one.how, facts, language);
        for (const char* const left :
             {"{peer", "{name}", "{server}", "{file}", "{line}", "_file}", "{client_",
              "{certificate}", "{key}", "{depth}", "{ciphers}", "{responder}", "{family}"})
          EXPECT_EQ(how.find(left), std::string::npos) << cause << ": " << left << " in " << how;
        // In words stands only what the text itself says so.
        EXPECT_EQ(std::count(how.begin(), how.end(), '<'),
                  std::count(one.how.begin(), one.how.end(), '<'))
            << cause << ": " << how;
        ++texts;
      }
    }
  }
  EXPECT_GT(texts, 600u);
}

}  // namespace
}  // namespace handshaked::match
