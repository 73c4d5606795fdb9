#include "diagnose/patch/configuration_trial.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <filesystem>
#include <fstream>
#include <string_view>

#include "diagnose/host/installed_nginx.h"
#include "diagnose/patch/configuration_patch.h"
#include "diagnose/patch/program_run.h"
#include "support/temp_dir.h"
#include "unit/diagnose/test_pki.h"

namespace handshaked::diagnose {
namespace {

namespace fs = std::filesystem;
using nginx::Configuration;
using Words = std::vector<std::string>;

/// A real configuration directory with nginx.conf, an included site, and a trust file.
class Trial : public ::testing::Test {
 protected:
  void SetUp() override {
    installed_ = find_nginx("");
    if (installed_.program.empty()) GTEST_SKIP() << "no nginx is installed here";
    write("ca.pem", TestIdentity::root("Root").pem());
    write("sites-available/one", "server {\n  listen unix:" + (root_ / "s.sock").string() +
                                     ";\n  location / {\n    proxy_pass https://127.0.0.1:9;\n    "
                                     "proxy_ssl_trusted_certificate ca.pem;\n  "
                                     "  proxy_ssl_verify on;\n  }\n}\n");
    fs::create_directories(root_ / "sites-enabled");
    fs::create_symlink("../sites-available/one", root_ / "sites-enabled/one");
    write("main.conf",
          "pid nginx.pid;\nerror_log stderr;\nevents { }\nhttp {\n  access_log off;\n  include " +
              root_.path().string() + "/sites-enabled/*;\n}\n");
    options_.program = installed_.program;
    options_.version = installed_.installation.version;
    read();
  }
  void write(const std::string& name, const std::string& text) {
    fs::create_directories((root_.path() / name).parent_path());
    std::ofstream(root_.path() / name) << text;
  }
  void read() {
    configuration_.emplace(Configuration::load((root_ / "main.conf").string(), files_).value());
  }
  const nginx::Directive& server() const {
    return *configuration_->root().find_first("http")->find_first("server");
  }

  TrialResult try_it(const ConfigurationPatch& patch) {
    const Configuration patched = patch.reread().value();
    auto result = try_configuration(patched, patch.files(), patch.changed_files(), options_);
    EXPECT_TRUE(result) << result.error().message();
    return std::move(result).value();
  }

  const test::TempDir root_;
  const nginx::DiskFiles files_{};
  std::optional<Configuration> configuration_;
  InstalledNginx installed_;
  TrialOptions options_;
};

TEST_F(Trial, AcceptsWhatNginxAcceptsAndLeavesNothingBehind) {
  const TrialResult result = try_it(ConfigurationPatch(*configuration_, files_));
  EXPECT_TRUE(result.is_accepted) << result.complaint;
  EXPECT_FALSE(fs::exists(root_ / "nginx.pid"));
}

TEST_F(Trial, TriesAConfigurationOfNoRunningNginxOnlyWhenAllOfItIsThereAndNobodyElses) {
  options_.is_in_use = false;
  const auto refusal = [this] {
    const ConfigurationPatch none(*configuration_, files_);
    const auto result =
        try_configuration(*configuration_, none.files(), none.changed_files(), options_);
    return result ? std::nullopt : std::optional(result.error().code());
  };
  const auto module = (root_ / "module.so").string();
  write("main.conf", "load_module " + module + ";\nevents { }\nhttp { include " +
                         (root_ / "sites-available/one").string() + "; }\n");
  write("module.so", "no library");
  read();
  EXPECT_EQ(refusal(), std::nullopt) << "it is asked of nginx, which refuses the module";
  fs::permissions(module, fs::perms(0666));
  EXPECT_EQ(refusal(), ErrorCode::permission_denied) << "a module that anybody can write";
  fs::permissions(module, fs::perms(0644));
  fs::rename(module, root_ / "away");
  EXPECT_EQ(refusal(), ErrorCode::not_found)
      << "a module that is gone: whoever took it away can bring another";
  fs::rename(root_ / "away", module);
  fs::remove(root_ / "sites-available/one");
  EXPECT_EQ(refusal(), ErrorCode::not_found) << "a file that is gone since it was read";
}

TEST_F(Trial, TriesThePatchedFileBehindAnAbsoluteIncludeAndASymbolicLink) {
  ConfigurationPatch patch(*configuration_, files_);
  ASSERT_TRUE(
      patch.set_directive(*server().find_first("location"), "proxy_ssl_verify", Words{"perhaps"}));
  const TrialResult result = try_it(patch);
  EXPECT_FALSE(result.is_accepted);
  EXPECT_EQ(result.complaint,
            "[emerg] invalid value \"perhaps\" in \"proxy_ssl_verify\" directive, it must be "
            "\"on\" or \"off\" in " +
                (root_ / "sites-enabled").string() + "/one:6");
  EXPECT_EQ(std::ifstream(root_ / "sites-enabled/one").peek(), 's');  // untouched
  EXPECT_TRUE(try_it(ConfigurationPatch(*configuration_, files_)).is_accepted);
}

TEST_F(Trial, TriesChangedAndNewPemFiles) {
  ConfigurationPatch patch(*configuration_, files_);
  ASSERT_TRUE(patch.append_pem((root_ / "ca.pem").string(),
                               "-----BEGIN CERTIFICATE-----\n!!!\n-----END CERTIFICATE-----\n"));
  TrialResult result = try_it(patch);
  EXPECT_FALSE(result.is_accepted);
  EXPECT_NE(result.complaint.find((root_ / "ca.pem").string()), std::string::npos)
      << result.complaint;

  ConfigurationPatch added(*configuration_, files_);
  ASSERT_TRUE(
      added.create_file((root_ / "new/other.pem").string(), TestIdentity::root("Other").pem()));
  const auto& location = *server().find_first("location");
  ASSERT_TRUE(
      added.set_directive(location, "proxy_ssl_trusted_certificate", Words{"new/other.pem"}));
  ASSERT_TRUE(added.set_directive(location, "proxy_ssl_verify", Words{"on"}));
  result = try_it(added);
  EXPECT_TRUE(result.is_accepted) << result.complaint;

  ConfigurationPatch missing(*configuration_, files_);
  ASSERT_TRUE(missing.set_directive(location, "proxy_ssl_trusted_certificate", Words{"none.pem"}));
  result = try_it(missing);
  EXPECT_FALSE(result.is_accepted);
  EXPECT_NE(result.complaint.find(root_.path().string() + "/none.pem"), std::string::npos)
      << result.complaint;
}

TEST_F(Trial, RelativeNamesAboveTheDirectoryAndRepeatedSnippetsStayWhole) {
  write("etc/tls.inc", "proxy_ssl_trusted_certificate ../ca.pem;\nproxy_ssl_verify_depth 1;\n");
  write("etc/nginx.conf", "events { }\nhttp {\n access_log off;\n server { listen unix:" +
                              (root_ / "t.sock").string() +
                              "; location /a { include tls.inc; }\n location /b {\n  include\n   "
                              "tls.inc; } bad_word on; }\n include none/*.conf;\n}\n");
  configuration_.emplace(Configuration::load((root_ / "etc/nginx.conf").string(), files_).value());
  TrialResult result = try_it(ConfigurationPatch(*configuration_, files_));
  EXPECT_EQ(result.complaint, "[emerg] unknown directive \"bad_word\" in " +
                                  (root_ / "etc/nginx.conf").string() + ":7");
  ConfigurationPatch cured(*configuration_, files_);
  ASSERT_TRUE(cured.remove(*server().find_first("bad_word")));
  result = try_it(cured);
  EXPECT_TRUE(result.is_accepted) << result.complaint;
  EXPECT_FALSE(fs::exists(root_ / "t.sock"));
}

TEST_F(Trial, WithoutAProgramOrInTooLittleTimeItFails) {
  const auto try_with = [&](const std::string& program, std::chrono::milliseconds limit) {
    TrialOptions options = options_;
    options.program = program;
    options.time_limit = limit;
    return try_configuration(*configuration_, files_, {}, options);
  };
  EXPECT_EQ(try_with("", std::chrono::seconds(5)).error().code(), ErrorCode::not_found);
  EXPECT_EQ(try_with((root_ / "no-nginx").string(), std::chrono::seconds(5)).error().code(),
            ErrorCode::not_found);
  write("slow", "#!/bin/sh\nsleep 60 & wait\n");
  fs::permissions(root_ / "slow", fs::perms::owner_all);
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_EQ(try_with((root_ / "slow").string(), std::chrono::milliseconds(200)).error().code(),
            ErrorCode::timeout);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(20));
}

TEST(ProgramRun, GivesBothStreamsTheStatusAndAtMostSoMuch) {
  const auto run = [](const std::string& script) {
    return run_program("/bin/sh", {"sh", "-c", script}, std::chrono::seconds(20)).value();
  };
  EXPECT_EQ(run("echo out; echo err >&2; exit 3").output, "out\nerr\n");
  EXPECT_EQ(run("exit 3").exit_status, 3);
  EXPECT_EQ(run("kill -9 $$").exit_status, 128 + 9);
  EXPECT_EQ(run("cat").output, "");  // standard input is empty
  EXPECT_EQ(run("head -c 1000000 /dev/zero | tr '\\0' x").output.size(), ProgramRun::kMaxOutput);
}

TEST(InstalledNginx, KnowsTheVersionOfWhatIsInstalled) {
  const InstalledNginx found = find_nginx("/nonexistent/nginx.conf");
  if (found.program.empty()) GTEST_SKIP() << "no nginx is installed here";
  EXPECT_FALSE(found.running);
  EXPECT_TRUE(found.installation.version.is_known());
  EXPECT_TRUE(found.installation.openssl_running.starts_with("OpenSSL"))
      << found.installation.openssl_running;
}

/// A real master with a worker that has answered a request, so both have taken their titles: the
/// program that starts them returns before that. Ends with the object.
class Master {
 public:
  Master(const std::string& program, const fs::path& directory)
      : program_(program), directory_(directory) {
    std::ofstream(directory / "nginx.conf") << "pid nginx.pid;\nerror_log error.log;\nevents { "
                                               "}\nhttp { access_log off; server { listen unix:"
                                            << (directory / "x.sock").string() << "; } }\n";
    run({});
    boost::asio::io_context loop;
    boost::asio::local::stream_protocol::socket client(loop);
    client.connect((directory / "x.sock").string());
    boost::asio::write(client, boost::asio::buffer(std::string_view("GET / HTTP/1.0\r\n\r\n")));
    std::array<char, 1> first{};
    boost::asio::read(client, boost::asio::buffer(first));
  }
  ~Master() { run({"-s", "quit"}); }
  void run(Words more) {
    Words words{"nginx", "-p", directory_.string(), "-c", "nginx.conf"};
    words.insert(words.end(), more.begin(), more.end());
    const auto ran = run_program(program_, words, std::chrono::seconds(20));
    EXPECT_TRUE(ran && ran.value().succeeded())
        << (ran ? ran.value().output : ran.error().message());
  }

 private:
  std::string program_;
  fs::path directory_;
};

TEST(InstalledNginx, FindsTheRunningOneByItsConfigurationAndWhenItLoaded) {
  const std::string program = find_nginx("/nonexistent/nginx.conf").program;
  if (program.empty()) GTEST_SKIP() << "no nginx is installed here";
  const test::TempDir root;
  const Time before = wall_clock_now();
  Master master(program, root.path());
  const InstalledNginx found = find_nginx((root / "nginx.conf").string());
  ASSERT_TRUE(found.running);
  EXPECT_EQ(fs::path(found.installation.prefix), root.path() / "");
  EXPECT_EQ(found.installation.configuration_path, (root / "nginx.conf").string());
  EXPECT_FALSE(found.running->is_program_replaced);
  ASSERT_TRUE(found.running->loaded_at);
  EXPECT_GE(found.running->loaded_at->latest, before);
  EXPECT_LE(found.running->loaded_at->latest, wall_clock_now() + std::chrono::seconds(2));
  EXPECT_EQ(loaded_at(*found.running), found.running->loaded_at);
}

}  // namespace
}  // namespace handshaked::diagnose
