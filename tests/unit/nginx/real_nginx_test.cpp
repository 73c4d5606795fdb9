// What nginx itself says of the same files. Skipped where no nginx is installed.
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <array>
#include <cstdio>
#include <fstream>

#include "nginx/configuration/configuration.h"
#include "nginx/installation.h"
#include "support/temp_dir.h"

namespace handshaked::nginx {
namespace {

struct Output {
  std::string text;
  int status = -1;
};

Output run(const std::string& command) {
  Output output;
  FILE* pipe = ::popen((command + " 2>&1").c_str(), "r");
  if (pipe == nullptr) return output;
  std::array<char, 4096> buffer{};
  while (const std::size_t count = std::fread(buffer.data(), 1, buffer.size(), pipe))
    output.text.append(buffer.data(), count);
  output.status = WEXITSTATUS(::pclose(pipe));
  return output;
}

class RealNginx : public ::testing::Test {
 protected:
  void SetUp() override {
    if (run("PATH=$PATH:/usr/sbin nginx -v").status != 0) GTEST_SKIP() << "no nginx here";
  }

  std::string write(const std::string& name, const std::string& text) {
    const auto path = directory_ / name;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << text;
    return path.string();
  }
  Output nginx(const std::string& option) {
    return run("PATH=$PATH:/usr/sbin nginx " + option + " -p " + directory_.path().string() +
               " -c " + (directory_ / "nginx.conf").string() +
               " -g 'error_log stderr; pid nginx.pid;'");
  }

  test::TempDir directory_;
};

/// A file that does not exist makes nginx print the name that it read.
TEST_F(RealNginx, OpensTheNameThatTheLexerReads) {
  const std::string_view written[] = {
      R"("a b")", "'a;b'",     R"(a\;b)", R"("a\"b")", R"(a\tb)",    R"(a\xb)",   R"(a"b)",
      "a${x}b",   R"("${x}")", R"(a\\b)", R"(\"a)",    "a}b",        "$",         R"(\$a)",
      "a$${x}",   R"("$")",    "a(b)",    "a#b",       "\"a\\\nb\"", "\"a\r\n\"", "(a",
      "a'b'",     "'\\''",     "$a$",     "a{b",       "\"a\")",     "\"a\"b"};
  for (const auto word : written) {
    write("nginx.conf", "events {}\ninclude " + std::string(word) + ";\n");
    const std::string said = nginx("-t").text;
    const auto configuration = Configuration::load((directory_ / "nginx.conf").string());
    ASSERT_TRUE(configuration);
    const Directive* include = configuration.value().root().find_first("include");
    ASSERT_NE(include, nullptr) << word;
    const std::string opened =
        "open() \"" +
        configuration.value().full_path(include->argument(0), PathBase::configuration) +
        "\" failed";
    const bool nginx_opened_it = said.find(opened) != std::string::npos;
    // Where nginx refuses the statement as a whole, it is not an include of one word to us either.
    if (nginx_opened_it) EXPECT_EQ(include->arguments.size(), 1u) << word;
    else EXPECT_TRUE(include->has_block || include->arguments.size() != 1) << word << "\n" << said;
  }
}

void flatten(const Directive& block, std::string& text) {
  for (const Directive& directive : block.block) {
    text += directive.file->path + ":" + std::to_string(directive.line) + " " + directive.name;
    for (const Word& word : directive.arguments) text += "|" + word.text;
    text += "\n";
    flatten(directive, text);
  }
}

TEST_F(RealNginx, DumpsWhatTheReaderReadsFromDisk) {
  write("nginx.conf",
        "events {}\n"
        "http {\n"
        "  include types.inc;\n"
        "  include conf.d/*.conf;\n"
        "  include none/*.conf;\n"
        "  log_format a '$remote_addr \"$request\" ' # comment {\n"
        "               \"x\\ty\";\n"
        "}");
  write("types.inc",
        "types { text/html html htm; }\nmap $host $b { default 'a b'; include map.inc; }\n");
  write("map.inc", "\"~^(?<x>\\d{2})$\" \"${x}y\";\n\n\n");
  write("conf.d/Z.conf",
        "server { listen 127.0.0.1:18081; if ($host = \"b\") { return 403; } }\r\n");
  write("conf.d/a.conf",
        "\n\nserver { listen 127.0.0.1:18080; location / { proxy_pass http://127.0.0.1:1; } }");
  const Output dump = nginx("-T");
  ASSERT_EQ(dump.status, 0) << dump.text;
  const auto from_disk = Configuration::load((directory_ / "nginx.conf").string());
  const auto from_dump = Configuration::from_dump(dump.text);
  ASSERT_TRUE(from_disk);
  ASSERT_TRUE(from_dump);
  for (const auto* configuration : {&from_disk.value(), &from_dump.value()}) {
    for (const auto& problem : configuration->problems()) ADD_FAILURE() << problem.message();
  }
  std::string disk_text, dump_text;
  flatten(from_disk.value().root(), disk_text);
  flatten(from_dump.value().root(), dump_text);
  EXPECT_EQ(disk_text, dump_text);
  EXPECT_EQ(from_disk.value().directive_count(), from_dump.value().directive_count());
  // The order of a glob is that of bytes: capitals first.
  EXPECT_LT(disk_text.find("Z.conf"), disk_text.find("a.conf"));
  for (const auto& file : from_disk.value().files()) {
    const SourceFile* dumped = from_dump.value().file(file->path);
    ASSERT_NE(dumped, nullptr) << file->path;
    EXPECT_EQ(dumped->text, file->text) << file->path;
  }
}

/// The first thing that nginx complains of is the first problem that the reader has.
TEST_F(RealNginx, ComplainsAtTheSamePlace) {
  const std::string long_word(5000, 'x');
  const std::string configurations[] = {
      "events {}\nhttp {\n  server {\n",
      "events {}\n}\n",
      "events { } }",
      "events {}\nhttp {\n  gzip on }\n",
      "events {}\n;\n",
      "events {}\n{ }\n",
      "events {}\nuser \"a\"b;\n",
      "events {}\nenv " + long_word + ";\n",
      "events {}\nenv \"" + long_word + "\n" + long_word + ";\n",
      "events {}\n# " + long_word + "\n",
      "events {}\nuser x",
      "events {}\ninclude missing.conf;\n",
      "events {}\ninclude x.inc;\n",
  };
  write("x.inc", "gzip on;\n}\n");
  for (const std::string& text : configurations) {
    write("nginx.conf", text);
    const std::string said = nginx("-t").text;
    const auto configuration = Configuration::load((directory_ / "nginx.conf").string());
    ASSERT_TRUE(configuration);
    ASSERT_FALSE(configuration.value().problems().empty()) << said;
    if (text.find("x.inc") != std::string::npos)
      continue;  // nginx stops at "gzip" before it sees the '}'
    const ConfigurationProblem& first = configuration.value().problems().front();
    EXPECT_NE(said.find(first.reason), std::string::npos) << first.message() << "\n" << said;
    EXPECT_NE(said.find(" in " + first.file + ":" + std::to_string(first.line)), std::string::npos)
        << first.message() << "\n"
        << said;
  }
}

TEST_F(RealNginx, TellsItsVersionAndPlaces) {
  const Installation installation =
      parse_nginx_version_output(run("PATH=$PATH:/usr/sbin nginx -V").text);
  EXPECT_TRUE(installation.version.is_known());
  EXPECT_TRUE(installation.prefix.starts_with('/'));
  EXPECT_TRUE(installation.configuration_path.ends_with("nginx.conf"));
  EXPECT_FALSE(installation.configure_arguments.empty());
}

}  // namespace
}  // namespace handshaked::nginx
