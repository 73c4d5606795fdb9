#include "diagnose/patch/configuration_patch.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "nginx/effective_tls.h"
#include "support/temp_dir.h"

namespace handshaked::diagnose {
namespace {

using nginx::Configuration;
using nginx::Directive;
using nginx::MemoryFiles;
using Words = std::vector<std::string>;

constexpr const char* kPath = "/etc/nginx/nginx.conf";

/// A configuration of one file, and the first block of a name in it.
struct Patching {
  explicit Patching(const std::string& text) {
    files.add(kPath, text);
    read();
  }
  void read() { configuration.emplace(Configuration::load(kPath, files).value()); }
  const Directive& block(std::initializer_list<const char*> path) const {
    const Directive* at = &configuration->root();
    for (const char* name : path) {
      at = at->find_first(name);
      if (at == nullptr) throw std::runtime_error(name);
    }
    return *at;
  }
  ConfigurationPatch patch() const { return {*configuration, files}; }

  MemoryFiles files;
  std::optional<Configuration> configuration;
};

std::string text_after(const ConfigurationPatch& patch, const std::string& path = kPath) {
  return patch.changed_files().at(path);
}

std::string after_setting(const std::string& text, std::initializer_list<const char*> path,
                          const std::string& name, const Words& words) {
  const Patching bench(text);
  ConfigurationPatch patch = bench.patch();
  const auto set = patch.set_directive(bench.block(path), name, words);
  EXPECT_TRUE(set) << set.error().message();
  // What was written is what nginx reads.
  const Configuration reread = patch.reread().value();
  EXPECT_TRUE(reread.problems().empty());
  const Directive* at = &reread.root();
  for (const char* one : path) at = at->find_first(one);
  const auto found = at->find(name);
  EXPECT_FALSE(found.empty());
  Words read;
  for (const auto& word : found.back()->arguments) read.push_back(word.text);
  EXPECT_EQ(read, words);
  return text_after(patch);
}

TEST(ConfigurationPatch, ReplacesTheArgumentsAndNothingElse) {
  EXPECT_EQ(after_setting("http {\n\tproxy_ssl_verify_depth   1; # one\n}\n", {"http"},
                          "proxy_ssl_verify_depth", {"2"}),
            "http {\n\tproxy_ssl_verify_depth   2; # one\n}\n");
  EXPECT_EQ(
      after_setting("http { proxy_ssl_name 'a.test'; }", {"http"}, "proxy_ssl_name", {"b.test"}),
      "http { proxy_ssl_name 'b.test'; }");
  EXPECT_EQ(after_setting("http {\n  ssl_protocols TLSv1 # old\n     TLSv1.1\n  ;\n}", {"http"},
                          "ssl_protocols", {"TLSv1.2", "TLSv1.3"}),
            "http {\n  ssl_protocols TLSv1.2 # old\n     TLSv1.3\n  ;\n}");
  EXPECT_EQ(after_setting("http { ssl_protocols TLSv1 TLSv1.1 TLSv1.2; }", {"http"},
                          "ssl_protocols", {"TLSv1.2"}),
            "http { ssl_protocols TLSv1.2; }");
  EXPECT_EQ(after_setting("http { ssl_protocols TLSv1; }", {"http"}, "ssl_protocols",
                          {"TLSv1.2", "TLSv1.3"}),
            "http { ssl_protocols TLSv1.2 TLSv1.3; }");
}

TEST(ConfigurationPatch, AddsBehindItsFamilyElseBehindThePass) {
  EXPECT_EQ(after_setting(
                "http {\n  proxy_ssl_verify on;  # yes\n  proxy_pass https://x;\n  gzip on;\n}\n",
                {"http"}, "proxy_ssl_name", {"a"}),
            "http {\n  proxy_ssl_verify on;  # yes\n  proxy_ssl_name a;\n  proxy_pass https://x;\n "
            " gzip on;\n}\n");
  EXPECT_EQ(after_setting("http {\n\tproxy_pass https://x;\n\tgzip on;\n}\n", {"http"},
                          "proxy_ssl_name", {"a"}),
            "http {\n\tproxy_pass https://x;\n\tproxy_ssl_name a;\n\tgzip on;\n}\n");
  EXPECT_EQ(
      after_setting("http {\n  server {\n    listen 1;\n    location / {\n    }\n  }\n}\n",
                    {"http", "server"}, "ssl_crl", {"c.pem"}),
      "http {\n  server {\n    listen 1;\n    ssl_crl c.pem;\n    location / {\n    }\n  }\n}\n");
}

TEST(ConfigurationPatch, KeepsBlocksOfOneLineOnOneLine) {
  EXPECT_EQ(after_setting("location / { proxy_pass https://x; }", {"location"}, "proxy_ssl_verify",
                          {"on"}),
            "location / { proxy_pass https://x; proxy_ssl_verify on; }");
  EXPECT_EQ(
      after_setting("location /{proxy_pass https://x;}", {"location"}, "proxy_ssl_verify", {"on"}),
      "location /{proxy_pass https://x; proxy_ssl_verify on;}");
  EXPECT_EQ(after_setting("location / {}\n", {"location"}, "proxy_ssl_verify", {"on"}),
            "location / { proxy_ssl_verify on; }\n");
  EXPECT_EQ(after_setting("location / { }\n", {"location"}, "proxy_ssl_verify", {"on"}),
            "location / { proxy_ssl_verify on; }\n");
  EXPECT_EQ(after_setting("http {\n  a { b { proxy_pass https://x;\n  } }\n}\n", {"http", "a", "b"},
                          "proxy_ssl_verify", {"on"}),
            "http {\n  a { b { proxy_pass https://x; proxy_ssl_verify on;\n  } }\n}\n");
}

TEST(ConfigurationPatch, IndentsAnEmptyBlockAsTheFileDoes) {
  EXPECT_EQ(after_setting("http {\n\tserver {\n\t}\n}\n", {"http", "server"}, "ssl_crl", {"x"}),
            "http {\n\tserver {\n\t\tssl_crl x;\n\t}\n}\n");
  EXPECT_EQ(after_setting("http {\n  server { # ours\n    location / {\n    }\n  }\n}\n",
                          {"http", "server"}, "ssl_crl", {"x"}),
            "http {\n  server { # ours\n    ssl_crl x;\n    location / {\n    }\n  }\n}\n");
}

TEST(ConfigurationPatch, KeepsLineEndsAndAMissingLastOne) {
  EXPECT_EQ(
      after_setting("http {\r\n\tproxy_ssl_verify on;\r\n}\r\n", {"http"}, "proxy_ssl_name", {"a"}),
      "http {\r\n\tproxy_ssl_verify on;\r\n\tproxy_ssl_name a;\r\n}\r\n");
  EXPECT_EQ(after_setting("http { }\nproxy_ssl_verify on; # x", {}, "proxy_ssl_name", {"a"}),
            "http { }\nproxy_ssl_verify on; # x\nproxy_ssl_name a;");
}

TEST(ConfigurationPatch, QuotesWhatNginxWouldCut) {
  for (const std::string word :
       {"a b", "a;b", "{x}", "\"", "'", "\\", "a\\nb", "#x", "", "${v}", "tab\there", "}"}) {
    const std::string text =
        after_setting("http {\n  proxy_ssl_name old;\n}\n", {"http"}, "proxy_ssl_name", {word});
    EXPECT_NE(text.find("proxy_ssl_name \""), std::string::npos) << text;
    after_setting("http {\n  proxy_ssl_name 'old';\n}\n", {"http"}, "proxy_ssl_name", {word});
    after_setting("http {\n}\n", {"http"}, "proxy_ssl_name", {word});
  }
  const Patching bench("http { a b; }");
  ConfigurationPatch patch = bench.patch();
  EXPECT_FALSE(patch.set_directive(bench.block({"http"}), "a", Words{std::string("x\0y", 3)}));
  EXPECT_FALSE(patch.set_directive(bench.block({"http"}), "a", Words{std::string(5000, 'x')}));
  EXPECT_TRUE(patch.is_empty());
}

TEST(ConfigurationPatch, EditsTheFileInWhichTheBlockStands) {
  Patching bench("http {\n  include sites/*;\n}\n");
  bench.files.add("/etc/nginx/sites/a",
                  "server {\n  include tls;\n  location / {\n    proxy_pass https://x;\n  }\n}\n");
  bench.files.add("/etc/nginx/tls", "ssl_verify_depth 1;\n");
  bench.read();
  ConfigurationPatch patch = bench.patch();
  const Directive& server = bench.block({"http", "server"});
  ASSERT_TRUE(patch.set_directive(*server.find_first("location"), "proxy_ssl_verify", Words{"on"}));
  ASSERT_TRUE(patch.set_directive(server, "ssl_crl", Words{"crl.pem"}));
  ASSERT_TRUE(patch.set_directive(server, "ssl_verify_depth",
                                  Words{"3"}));  // a second one beside it would be refused
  EXPECT_EQ(text_after(patch, "/etc/nginx/sites/a"),
            "server {\n  include tls;\n  ssl_crl crl.pem;\n  location / {\n    proxy_pass "
            "https://x;\n    proxy_ssl_verify on;\n  }\n}\n");
  EXPECT_EQ(text_after(patch, "/etc/nginx/tls"), "ssl_verify_depth 3;\n");
  EXPECT_EQ(patch.changed_files().size(), 2u);
}

TEST(ConfigurationPatch, LuaIsNeverTouched) {
  const std::string text =
      "location / {\n  content_by_lua_block { local t = {x = 'proxy_pass;'} }\n  proxy_pass "
      "https://x;\n}\n";
  EXPECT_EQ(after_setting(text, {"location"}, "proxy_ssl_verify", {"on"}),
            "location / {\n  content_by_lua_block { local t = {x = 'proxy_pass;'} }\n  proxy_pass "
            "https://x;\n  proxy_ssl_verify on;\n}\n");
  const Patching bench(text);
  ConfigurationPatch patch = bench.patch();
  EXPECT_FALSE(
      patch.set_directive(bench.block({"location", "content_by_lua_block"}), "a", Words{"b"}));
}

TEST(ConfigurationPatch, RemovesTheLineOrTheStatement) {
  const auto removed = [](const std::string& text) {
    const Patching bench(text);
    ConfigurationPatch patch = bench.patch();
    EXPECT_TRUE(patch.remove(bench.block({"http", "ssl_crl"})));
    return text_after(patch);
  };
  EXPECT_EQ(removed("http {\n  ssl_crl x; # old\n  gzip on;\n}\n"), "http {\n  gzip on;\n}\n");
  EXPECT_EQ(removed("http { ssl_crl x; gzip on; }\n"), "http { gzip on; }\n");
  EXPECT_EQ(removed("http {\n  gzip on; ssl_crl x;\n}\n"), "http {\n  gzip on; \n}\n");
  EXPECT_EQ(removed("http {\n  ssl_crl\n    x;\n}\n"), "http {\n}\n");
}

TEST(ConfigurationPatch, ArgumentsAreReplacedAndAppendedWhereTheyStand) {
  const Patching bench(
      "http {\n  upstream b { server 10.0.0.1:80 weight=2; }\n  server { listen 443; location /x { "
      "} }\n}\n");
  ConfigurationPatch patch = bench.patch();
  ASSERT_TRUE(
      patch.replace_argument(bench.block({"http", "upstream", "server"}), 0, "10.0.0.1:443"));
  ASSERT_TRUE(patch.append_argument(bench.block({"http", "upstream", "server"}), "backup"));
  ASSERT_TRUE(patch.append_argument(bench.block({"http", "server", "listen"}), "ssl"));
  ASSERT_TRUE(patch.replace_argument(bench.block({"http", "server", "location"}), 0, "/y"));
  EXPECT_FALSE(patch.replace_argument(bench.block({"http", "server", "listen"}), 4, "x"));
  EXPECT_EQ(text_after(patch),
            "http {\n  upstream b { server 10.0.0.1:443 weight=2 backup; }\n  server { listen 443 "
            "ssl; location /y { } }\n}\n");
  const auto changes = patch.changes();
  ASSERT_EQ(changes.size(), 3u);
  EXPECT_EQ(changes[0].before, "server 10.0.0.1:80 weight=2;");
  EXPECT_EQ(changes[0].after, "server 10.0.0.1:443 weight=2 backup;");
  EXPECT_EQ(changes[0].line, 2u);
  EXPECT_EQ(changes[2].after, "location /y {");
}

TEST(ConfigurationPatch, ASecondSettingOverwritesTheFirstAndCopiesAreApart) {
  const Patching bench("http {\n  proxy_ssl_verify_depth 1;\n}\n");
  ConfigurationPatch first = bench.patch();
  ASSERT_TRUE(first.set_directive(bench.block({"http"}), "proxy_ssl_name", Words{"a"}));
  ConfigurationPatch second = first;
  ASSERT_TRUE(second.set_directive(bench.block({"http"}), "proxy_ssl_name", Words{"b"}));
  ASSERT_TRUE(second.set_directive(bench.block({"http"}), "proxy_ssl_verify_depth", Words{"2"}));
  ASSERT_TRUE(second.set_directive(bench.block({"http"}), "proxy_ssl_verify_depth", Words{"3"}));
  EXPECT_EQ(text_after(first), "http {\n  proxy_ssl_verify_depth 1;\n  proxy_ssl_name a;\n}\n");
  EXPECT_EQ(text_after(second), "http {\n  proxy_ssl_verify_depth 3;\n  proxy_ssl_name b;\n}\n");
  EXPECT_EQ(second.changes().size(), 2u);
  EXPECT_EQ(second.changes()[0].after, "proxy_ssl_name b;");
  EXPECT_EQ(second.changes()[0].line, 3u);
  ASSERT_TRUE(second.set_directive(bench.block({"http"}), "proxy_ssl_verify_depth", Words{"1"}));
  EXPECT_EQ(second.changes().size(), 1u);
}

TEST(ConfigurationPatch, ASnippetIncludedTwiceIsEditedOnce) {
  Patching bench("server { include tls; }\nserver { include tls; }\n");
  bench.files.add("/etc/nginx/tls", "ssl_verify_depth 1;\n");
  bench.read();
  ConfigurationPatch patch = bench.patch();
  for (const Directive* server : bench.configuration->root().find("server")) {
    ASSERT_TRUE(patch.set_directive(*server, "ssl_verify_depth", Words{"3"}));
  }
  EXPECT_EQ(text_after(patch, "/etc/nginx/tls"), "ssl_verify_depth 3;\n");
  EXPECT_EQ(patch.changes().size(), 1u);
}

TEST(ConfigurationPatch, PemIsAppendedOnALineOfItsOwnAndSeenByReaders) {
  const Patching bench("http { }\n");
  MemoryFiles files = bench.files;
  files.add("/ca.pem", "-----END-----");
  files.add("/crlf.pem", "x\r\n");
  files.add("/ca.der", std::string("\x30\0\x01", 3));
  ConfigurationPatch patch(*bench.configuration, files);
  ASSERT_TRUE(patch.append_pem("/ca.pem", "AAA\nBBB\n", "CN=Root\n-----BEGIN"));
  ASSERT_TRUE(patch.append_pem("/ca.pem", "CCC"));
  ASSERT_TRUE(patch.append_pem("/crlf.pem", "AAA\nBBB\n"));
  EXPECT_FALSE(patch.append_pem("/ca.der", "AAA\n"));
  EXPECT_FALSE(patch.append_pem("/none.pem", "AAA\n"));
  EXPECT_EQ(text_after(patch, "/ca.pem"), "-----END-----\n# CN=Root -----BEGIN\nAAA\nBBB\nCCC\n");
  EXPECT_EQ(text_after(patch, "/crlf.pem"), "x\r\nAAA\r\nBBB\r\n");
  EXPECT_EQ(patch.files().read("/ca.pem", 1000).value(), text_after(patch, "/ca.pem"));
  EXPECT_EQ(patch.files().read("/ca.pem", 10).error().code(), ErrorCode::limit_exceeded);
  ASSERT_TRUE(patch.create_file("/conf.d/new.conf", "gzip on;\n"));
  EXPECT_FALSE(patch.create_file("/conf.d/new.conf", "x"));
  EXPECT_FALSE(patch.create_file("/ca.pem", "x"));
  EXPECT_EQ(patch.files().glob("/conf.d/*.conf"), Words{"/conf.d/new.conf"});
  ASSERT_TRUE(patch.append_pem("/conf.d/new.conf", "# more"));
  EXPECT_EQ(text_after(patch, "/conf.d/new.conf"), "gzip on;\n# more\n");
}

// ---- the diff, applied by patch(1)
// -----------------------------------------------------------------------------------------

std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void write_bytes(const std::filesystem::path& path, const std::string& text) {
  std::filesystem::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary) << text;
}

/// Applies a diff with the real program to what stands below `root`.
bool apply_with_patch(const test::TempDir& root, const std::string& diff) {
  write_bytes(root / "the.diff", diff);
  // No fuzz and no offset: what it says is exactly what is there.
  const std::string command = "patch -s -F0 -p1 -d '" + root.path().string() + "' < '" +
                              (root / "the.diff").string() + "' > '" +
                              (root / "patch.out").string() + "' 2>&1";
  const bool is_applied = std::system(command.c_str()) == 0;
  EXPECT_EQ(read_file(root / "patch.out"), "") << diff;
  return is_applied;
}

void expect_applies(const std::string& name, const std::string& before, const std::string& after,
                    std::size_t context = 3) {
  const test::TempDir root;
  write_bytes(root.path() / name, before);
  const std::string diff = unified_diff("/" + name, &before, after, context);
  ASSERT_TRUE(apply_with_patch(root, diff)) << diff;
  EXPECT_EQ(read_file(root.path() / name), after) << diff;
}

TEST(UnifiedDiff, IsEmptyForEqualTextsAndNamesTheFile) {
  const std::string text = "a\nb\n";
  EXPECT_EQ(unified_diff("/x", &text, text), "");
  EXPECT_EQ(unified_diff("/etc/x", &text, "a\nc\n"),
            "--- a/etc/x\n+++ b/etc/x\n@@ -1,2 +1,2 @@\n a\n-b\n+c\n");
  EXPECT_EQ(unified_diff("/etc/x", nullptr, "a"),
            "--- /dev/null\n+++ b/etc/x\n@@ -0,0 +1 @@\n+a\n\\ No newline at end of file\n");
}

TEST(UnifiedDiff, PatchAppliesWhatItSays) {
  std::string many, edited;
  for (int i = 0; i < 200; ++i) {
    const std::string line = "line " + std::to_string(i % 7) + "\n";
    many += line;
    if (i == 3) edited += "inserted\n";
    if (i != 50 && i != 51) edited += i == 100 ? "changed\n" : line;
    if (i == 105 || i == 199) edited += "more\n";
  }
  expect_applies("etc/many", many, edited);
  expect_applies("etc/many", edited, many);
  expect_applies("a", "one\ntwo", "one\ntwo\nthree");
  expect_applies("a", "one\ntwo", "one\ntwo\n");
  expect_applies("a", "one\ntwo\n", "one\ntwo");
  expect_applies("a", "one", "zero\none");
  expect_applies("a", "\tx\r\ny\r\n", "\tx\r\nz\r\ny\r\n");
  expect_applies("a", "only\r\n", "other\r\n");
  expect_applies("a", "", "new\n");
  expect_applies("a b/c d.conf", "x\n", "y\n");
  expect_applies("q\"uote\\and\ttab", "x\n", "y\n");
  expect_applies("a", "k1\nk2\nk3\nk4\n", "k1\nk2\nk3\nk4\nnew\n", 0);
  expect_applies("a", "k1\nk2\nk3\nk4", "k1\nk2\nk3\nk4\nnew", 0);
  expect_applies("a", "k1\nk2\nk3\nk4\n", "k0\nk1\nk2\nk3\nk5\nk4\n", 0);
}

TEST(UnifiedDiff, WholesaleChangesStayRightAndQuick) {
  std::string before, after;
  for (int i = 0; i < 30'000; ++i) {
    before += "old " + std::to_string(i) + "\n";
    after += (i % 3 == 0 ? "old " : "new ") + std::to_string(i) + "\n";
  }
  expect_applies("big", before, after);
}

/// Deterministic, many shapes: removes, repeats and replaces lines.
TEST(UnifiedDiff, RandomEditsApply) {
  unsigned state = 12345;
  const auto next = [&state](unsigned below) {
    state = state * 1664525U + 1013904223U;
    return (state >> 16U) % below;
  };
  for (int round = 0; round < 40; ++round) {
    std::string before, after;
    const unsigned lines = next(60);
    for (unsigned i = 0; i < lines; ++i) {
      const std::string line = std::string(1, static_cast<char>('a' + next(5))) + "\n";
      before += line;
      if (next(6) == 0) after += "x" + line;
      if (next(6) != 0) after += line;
    }
    if (next(4) == 0 && !before.empty()) before.pop_back();
    if (next(4) == 0 && !after.empty()) after.pop_back();
    if (after.empty()) after = "z\n";  // patch(1) would remove the file
    if (before != after) expect_applies("f", before, after);
  }
}

TEST(ConfigurationPatch, PatchAppliesItToTheDiskThroughSymbolicLinks) {
  const test::TempDir root;
  write_bytes(root.path() / "etc/nginx/nginx.conf", "http {\n  include sites-enabled/*;\n}\n");
  write_bytes(root.path() / "etc/nginx/sites-available/one two",
              "server {\n  location / { proxy_pass https://x; }\n}");
  std::filesystem::create_directories(root.path() / "etc/nginx/sites-enabled");
  std::filesystem::create_symlink("../sites-available/one two",
                                  root.path() / "etc/nginx/sites-enabled/one");
  write_bytes(root.path() / "etc/nginx/ca.pem", "first\n");
  const nginx::DiskFiles files;
  const Configuration configuration =
      Configuration::load((root.path() / "etc/nginx/nginx.conf").string(), files).value();
  ConfigurationPatch patch(configuration, files);
  const Directive& location =
      *configuration.root().find_first("http")->find_first("server")->find_first("location");
  ASSERT_TRUE(patch.set_directive(location, "proxy_ssl_verify", Words{"on"}));
  ASSERT_TRUE(
      patch.append_pem((root.path() / "etc/nginx/sites-enabled/../ca.pem").string(), "second\n"));
  ASSERT_TRUE(patch.create_file((root.path() / "etc/nginx/new/own.pem").string(), "third\n"));

  const Configuration reread = patch.reread().value();
  EXPECT_NE(reread.root()
                .find_first("http")
                ->find_first("server")
                ->find_first("location")
                ->find_first("proxy_ssl_verify"),
            nullptr);
  const std::string diff = patch.unified_diff().value();
  write_bytes(root / "the.diff", diff);
  const std::string command = "patch -s -F0 -p1 -d / < '" + (root / "the.diff").string() + "'";
  ASSERT_EQ(std::system(command.c_str()), 0) << diff;
  EXPECT_EQ(read_file(root.path() / "etc/nginx/sites-enabled/one"),
            "server {\n  location / { proxy_pass https://x; proxy_ssl_verify on; }\n}");
  EXPECT_TRUE(std::filesystem::is_symlink(root.path() / "etc/nginx/sites-enabled/one"));
  EXPECT_EQ(read_file(root.path() / "etc/nginx/ca.pem"), "first\nsecond\n");
  EXPECT_EQ(read_file(root.path() / "etc/nginx/new/own.pem"), "third\n");
}

TEST(ConfigurationPatch, AKeyInTheSameFileIsNotShown) {
  const Patching bench("http { }\n");
  MemoryFiles files = bench.files;
  files.add("/both.pem", "-----BEGIN PRIVATE KEY-----\nSECRET\n-----END PRIVATE KEY-----\n");
  ConfigurationPatch patch(*bench.configuration, files);
  ASSERT_TRUE(
      patch.append_pem("/both.pem", "-----BEGIN CERTIFICATE-----\nX\n-----END CERTIFICATE-----\n"));
  const std::string diff = patch.unified_diff().value();
  EXPECT_EQ(diff.find("SECRET"), std::string::npos);
  EXPECT_EQ(diff.find("KEY"), std::string::npos);
  EXPECT_NE(diff.find("+X"), std::string::npos);
  ConfigurationPatch other(*bench.configuration, files);
  ASSERT_TRUE(other.replace_file("/both.pem", "nothing\n"));
  EXPECT_EQ(other.unified_diff().error().code(), ErrorCode::permission_denied);
}

// A thousand places cost nothing when one of them is changed; and what is read is what the whole
// would say.
TEST(ConfigurationPatch, ReadsAgainWhatIsAroundAPlaceAlone) {
  std::string text = "events {}\nhttp {\n  proxy_ssl_verify on;\n";
  for (int i = 0; i < 20; ++i) {
    text += "  server {\n    location /" + std::to_string(i) +
            " { # a brace } in a comment\n      proxy_pass https://h" + std::to_string(i) +
            ";\n    }\n    location /x { return 204; }\n  }\n";
  }
  const Patching bench(text + "}\n");
  const nginx::PassInventory before(*bench.configuration, {});
  const Directive& pass = *before.targets()[7].pass;
  ConfigurationPatch patch = bench.patch();
  ASSERT_TRUE(patch.set_directive(bench.block({"http"}), "proxy_ssl_verify", Words{"off"}));
  ASSERT_TRUE(patch.set_directive(*pass.parent, "proxy_ssl_name", Words{"a.b"}));
  ASSERT_TRUE(
      patch.set_directive(*before.targets()[3].pass->parent, "proxy_ssl_name", Words{"c.d"}));
  const Configuration around = patch.reread_around(pass).value(), whole = patch.reread().value();
  EXPECT_TRUE(around.problems().empty());
  EXPECT_LT(around.directive_count(), whole.directive_count() / 3);
  const nginx::PassInventory after(around, {}), complete(whole, {});
  ASSERT_EQ(after.targets().size(), 2U);  // the other one is changed as well: nobody left it out
  const nginx::PassTarget& there = after.targets()[1];
  EXPECT_TRUE(patch.is_same_place(pass, *there.pass));
  EXPECT_FALSE(patch.is_same_place(pass, *after.targets()[0].pass));
  EXPECT_EQ(there.pass->line, complete.targets()[7].pass->line);
  EXPECT_EQ(there.settings.name.first(), "a.b");
  EXPECT_EQ(there.settings.verify.first(), "off");
}

}  // namespace
}  // namespace handshaked::diagnose
