#include "diagnose/patch/shown_lines.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <random>

#include "diagnose/patch/configuration_patch.h"
#include "diagnose/patch/diff_lines.h"
#include "diagnose/upstream/handshake/handshake_families.h"
#include "support/temp_dir.h"

namespace handshaked::diagnose {
namespace {

using nginx::Configuration;

/// The lines of a text that are shown, each behind its number.
std::string shown(const std::string& text, LineUse use) {
  const std::vector<bool> is_shown = shown_lines(text, use);
  const auto lines = diff_lines(text);
  EXPECT_EQ(is_shown.size(), lines.size());
  std::string numbers;
  for (std::size_t i = 0; i < is_shown.size(); ++i)
    if (is_shown[i]) numbers += std::to_string(i + 1) + " ";
  return numbers;
}

TEST(ShownLines, AreTlsDirectivesBracesAndBlanks) {
  EXPECT_EQ(shown("http {\n"                                       // 1
                  "  map $a $b {\n"                                // 2
                  "    ssl_key canary;\n"                          // 3: data, not a directive
                  "  }\n"                                          // 4
                  "  server {\n"                                   // 5
                  "    listen 443 ssl;\n"                          // 6
                  "    ssl_protocols TLSv1.2;\n"                   // 7
                  "    ssl_ciphers HIGH:@SECLEVEL=1;\n"            // 8
                  "\n"                                             // 9
                  "    # canary\n"                                 // 10
                  "    ssl_certificate a.pem; # canary\n"          // 11
                  "    proxy_set_header X canary;\n"               // 12
                  "    ssl_certificate_by_lua_block { canary }\n"  // 13
                  "    ssl_certificate_key \"engine:pkcs11:x;pin-value=1234\";\n"  // 14
                  "    ssl_stapling_responder http://u:p@ocsp/;\n"                 // 15
                  "    ssl_conf_command # canary\n"                                // 16
                  "      Options X;\n"                                             // 17
                  "    proxy_ssl_verify on; set $x canary;\n"                      // 18
                  "  }\n"                                                          // 19
                  "}\n",                                                           // 20
                  LineUse::context),
            "1 4 5 7 8 9 17 19 20 ");
}

TEST(ShownLines, OfAChangeSayWhereItIsAndWhatTellsNothing) {
  EXPECT_EQ(shown("server { listen 443 ssl; server_name a; ssl_certificate x; }\n"         // 1
                  "location /api { proxy_pass https://b; proxy_ssl_verify off; }\n"        // 2
                  "proxy_set_header Host $host; proxy_ssl_name b;\n"                       // 3
                  "proxy_set_header Authorization \"Bearer canary\"; proxy_ssl_name b;\n"  // 4
                  "proxy_pass https://user:canary@b;\n"                                    // 5
                  "proxy_pass https://b/?token=canary;\n"                                  // 6
                  "keepalive 32; proxy_read_timeout 30s; proxy_buffering off;\n"           // 7
                  "auth_basic canary; proxy_ssl_verify on;\n"                              // 8
                  "return 200 canary;\n"                                                   // 9
                  "map $a $b { default canary; }\n"                                        // 10
                  "proxy_pass https://b/services/T024/1234567890canary;\n"                 // 11
                  "proxy_pass https://b/api/v1/things-2026;\n"                             // 12
                  "proxy_pass https://user:canary@SECLEVELb;\n",                           // 13
                  LineUse::change),
            "1 2 3 7 12 ");
}

TEST(ShownLines, OfPemAreWhatCertificatesHold) {
  const std::string text =
      "canary\n-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n\n# "
      "canary\n-----BEGIN PRIVATE KEY-----\nAAAA\n-----END "
      "PRIVATE KEY-----\n";
  EXPECT_EQ(shown_pem_lines(text, LineUse::context),
            (std::vector<bool>{false, true, true, true, true, false, false, false, false}));
}

TEST(ShownLines, OfBlocksThatRunTogetherEndWhereAKeyBegins) {
  const std::string text =
      "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE----------BEGIN "
      "CERTIFICATE-----\nBBBB\n"
      "-----END CERTIFICATE----------BEGIN PRIVATE KEY-----\nCCCC\n-----END PRIVATE KEY-----\n";
  EXPECT_EQ(shown_pem_lines(text, LineUse::change),
            (std::vector<bool>{true, true, true, true, true, false, false}));
}

TEST(ShownLines, NeverEndForBrokenText) {
  std::mt19937 random(1);
  const std::string_view pieces[] = {"{",
                                     "}",
                                     ";",
                                     "\n",
                                     " ",
                                     "\"",
                                     "'",
                                     "#",
                                     "ssl_x",
                                     "map",
                                     "$a",
                                     "\\",
                                     "content_by_lua_block",
                                     "[[",
                                     "]]",
                                     "\0"};
  for (int i = 0; i < 2000; ++i) {
    std::string text;
    for (std::size_t n = random() % 30; n > 0; --n) text += pieces[random() % std::size(pieces)];
    for (const LineUse use : {LineUse::context, LineUse::change}) {
      EXPECT_EQ(shown_lines(text, use).size(), diff_lines(text).size()) << text;
      EXPECT_EQ(shown_pem_lines(text, use).size(), diff_lines(text).size()) << text;
    }
  }
}

/// A configuration whose every setting but those of TLS is a secret, changed in one place, through
/// patch(1).
class PatchAmongSecrets : public ::testing::Test {
 protected:
  void check(const std::string& text, std::string_view mark = {}) {
    const std::string path = (root_ / "nginx.conf").string();
    std::ofstream(path) << text;
    nginx::DiskFiles files;
    const auto configuration = Configuration::load(path, files).value();
    const nginx::Directive* const http = configuration.root().find_first("http");
    ASSERT_NE(http, nullptr) << text;
    const nginx::Directive* const server = http->find_first("server");
    ASSERT_NE(server, nullptr) << text;
    const nginx::Directive* const location = server->find_first("location");
    ConfigurationPatch patch(configuration, files);
    const std::string off = "off";
    ASSERT_TRUE(patch.set_directive(location != nullptr ? *location : *server, "proxy_ssl_verify",
                                    std::span(&off, 1)));
    const std::string diff = patch.unified_diff().value();
    EXPECT_TRUE(mark.empty() ? !diff.starts_with('#') : diff.starts_with(mark)) << diff;
    if (mark.empty()) {
      EXPECT_EQ(diff.find("CANARY"), std::string::npos) << diff;
    }
    Diagnosis diagnosis;
    diagnosis.fixes.emplace_back();
    diagnosis.fixes.front().patch = diff;
    diagnosis.fixes.front().changes = patch.changes();
    const Fix shown = shown_to(Audience::others, diagnosis).fixes.front();
    EXPECT_EQ(shown.patch.empty(), !mark.empty());
    EXPECT_EQ(shown.patch.find("CANARY"), std::string::npos);
    EXPECT_EQ(shown_to(Audience::operators_file, diagnosis).fixes.front().patch.empty(),
              mark == kHoldsSettings);
    // patch(1) makes of it what we mean.
    const std::string diff_file = (root_ / "diff").string();
    std::ofstream(diff_file) << diff;
    ASSERT_EQ(std::system(("patch -s -p1 -d / --no-backup-if-mismatch < " + diff_file + " > " +
                           diff_file + ".out 2>&1")
                              .c_str()),
              0)
        << diff;
    std::ifstream patched(path);
    const std::string after{std::istreambuf_iterator<char>(patched), {}};
    EXPECT_EQ(after, patch.changed_files().begin()->second) << diff;
  }

  const test::TempDir root_;
};

/// What a change of such a line says is also in the words for people.
TEST(ShownWords, NameNoSecretOfTheChangedLine) {
  const test::TempDir root;
  const std::string path = (root / "nginx.conf").string();
  std::ofstream(path) << "http {\nserver {\nlocation / {\nproxy_pass "
                         "\"http://api:443/v1?api_key=CANARY\";\n}\n}\n}\n";
  const nginx::DiskFiles files;
  const auto configuration = Configuration::load(path, files).value();
  const nginx::Directive* const location =
      configuration.root().find_first("http")->find_first("server")->find_first("location");
  ConfigurationPatch patch(configuration, files);
  ASSERT_TRUE(patch.replace_argument(*location->find_first("proxy_pass"), 0,
                                     "https://api:443/v1?api_key=CANARY"));
  const std::string peer = "http://api:443/v1?api_key=CANARY";
  Diagnosis diagnosis;
  diagnosis.summary = {peer + " speaks TLS", peer + " 使用 TLS"};
  diagnosis.evidence.push_back({"configuration", {"proxy_pass \"" + peer + "\";", peer}});
  DeadEnd& end = diagnosis.dead_ends.emplace_back();
  end.action = end.why_fails = end.proof.detail = {"not with " + peer, peer};
  Fix& fix = diagnosis.fixes.emplace_back();
  fix.title = fix.message = fix.proof.detail = {"change " + peer, peer};
  fix.how = hand_written(patch);
  fix.commands = {"curl '" + peer + "'"};
  fix.changes = patch.changes();
  ASSERT_NE(fix.how.en.find("CANARY"), std::string::npos);
  for (const Audience audience : {Audience::others, Audience::operators_file}) {
    const Diagnosis shown = shown_to(audience, diagnosis);
    const Fix& told = shown.fixes.front();
    const DeadEnd& not_so = shown.dead_ends.front();
    const Text& evidence = shown.evidence.front().text;
    for (const Text& text :
         {shown.summary, evidence, not_so.action, not_so.why_fails, not_so.proof.detail, told.title,
          told.how, told.message, told.proof.detail}) {
      EXPECT_EQ((text.en + text.zh).find("CANARY"), std::string::npos) << text.en << "\n"
                                                                       << text.zh;
    }
    EXPECT_EQ(told.commands.front(), "curl '…'");
    EXPECT_EQ(shown.summary.en, "… speaks TLS");
    EXPECT_NE(told.how.en.find(path + ":4: … → … — then nginx -t"), std::string::npos)
        << told.how.en;
    EXPECT_TRUE(told.changes.front().before.empty() && told.changes.front().after.empty());
  }
}

TEST_F(PatchAmongSecrets, AppliesAndShowsNone) {
  if (std::system("command -v patch >/dev/null") != 0) GTEST_SKIP() << "patch is not installed";
  const std::string header = "proxy_set_header Authorization \"Bearer CANARY\";\n";
  check("http {\nserver {\nlocation / {\n" + header + "proxy_pass https://b;\n" + header +
        "}\n}\n}\n");
  check("http {\nserver {\nlocation / {\n" + header +
        "proxy_pass https://b;\nproxy_ssl_verify on;\n" + header + "}\n}\n}\n");
  check("http {\nserver {\nlocation / {\n" + header +
            "proxy_pass https://b;\n# CANARY\nproxy_ssl_verify on; # it\nproxy_ssl_name "
            "a;\n}\n}\n}\n",
        kHoldsComments);
  check(
      "http {\nserver {\nlocation / {\nproxy_ssl_name a;\nproxy_ssl_name b;\nproxy_ssl_verify "
      "on;\n" +
      header + "}\n}\n}\n");
  check("http {\nserver {\nlocation / {\nproxy_pass https://b;\nproxy_ssl_verify on;\n}\n}\n}");
  check("http { server { location / { proxy_pass https://b; proxy_ssl_verify on; } } }\n");
  check("http { server { location / { " + header.substr(0, header.size() - 1) +
            " proxy_ssl_verify on; } } }\n",
        kHoldsSettings);
  check(
      "http {\nmap $a $b {\ndefault CANARY;\n}\nserver {\nset $x CANARY;\nlocation / { proxy_pass "
      "https://b; proxy_ssl_verify on; "
      "}\nreturn 302 https://u:CANARY@h/;\n}\n}\n");
}

TEST_F(PatchAmongSecrets, AppliesWhateverStandsAround) {
  if (std::system("command -v patch >/dev/null") != 0) GTEST_SKIP() << "patch is not installed";
  std::mt19937 random(7);
  const std::string_view lines[] = {"proxy_ssl_name a;\n",
                                    "ssl_session_tickets off;\n",
                                    "\n",
                                    "proxy_set_header X CANARY;\n",
                                    "# CANARY\n",
                                    "set $x CANARY;\n"};
  for (int i = 0; i < 60; ++i) {
    const auto some = [&] {
      std::string text;
      for (std::size_t n = random() % 6; n > 0; --n) text += lines[random() % std::size(lines)];
      return text;
    };
    std::string text = some() + "http {\n" + some() + "server {\n" + some();
    text += random() % 2 == 0 ? "proxy_ssl_verify on;\n" : "proxy_pass_header Y;\n";
    text += some() + "}\n}\n" + some();
    if (random() % 4 == 0) text.pop_back();
    check(text);
  }
}

}  // namespace
}  // namespace handshaked::diagnose
