// Every situation of replay_situations.h, said to a real nginx: the code that it logs must be the
// code of the replay.
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <fstream>
#include <sstream>
#include <thread>

#include "child_program.h"
#include "diagnose/tls/chain_replay.h"
#include "replay_situations.h"
#include "support/temp_dir.h"

namespace handshaked::diagnose {
namespace {

using namespace std::chrono_literals;

void write(const std::filesystem::path& path, const std::string& text) {
  std::ofstream(path) << text;
}

std::string read(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

/// Two nginx that talk over Unix sockets: `ours` verifies, under the system's policy; `peers` may
/// use weak keys.
class TwoNginx {
 public:
  explicit TwoNginx(const std::vector<Situation>& situations) {
    for (std::size_t i = 0; i < situations.size(); ++i) add(situations[i], i);
    write(directory_ / "openssl.cnf",
          "openssl_conf=c\n[c]\nssl_conf=s\n[s]\nsystem_default=d\n[d]\nCipherString=DEFAULT:@"
          "SECLEVEL=0\nMinProtocol=TLSv1\n");
    write(directory_ / "ours.conf", configuration("ours", ours_servers_, ours_locations_));
    write(directory_ / "peers.conf", configuration("peers", peers_servers_, peers_locations_));
    start(ours_, "ours", {});
    start(peers_, "peers", {"OPENSSL_CONF=" + (directory_ / "openssl.cnf").string()});
  }

  /// Both listen; when not, what they said.
  std::string failure_to_start() const {
    for (const char* const name : {"ours", "peers"}) {
      const int fd = connect(name);
      if (fd < 0)
        return name + (": " + read(directory_ / (std::string(name) + ".out"))) +
               read(directory_ / (std::string(name) + ".log"));
      ::close(fd);
    }
    return {};
  }

  /// Sends one request for the situation; the answer does not matter, the log does.
  void request(std::size_t number, VerifiedSide side) {
    const int fd = connect(side == VerifiedSide::server ? "ours" : "peers");
    ASSERT_GE(fd, 0);
    const std::string text = "GET " + place(number) + " HTTP/1.0\r\n\r\n";
    ASSERT_EQ(::send(fd, text.data(), text.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(text.size()));
    char buffer[4096];
    while (::recv(fd, buffer, sizeof buffer, 0) > 0) {
    }
    ::close(fd);
  }

  /// The verify code that `ours` logged for it, 0 when it logged none; and whether the name was
  /// wrong.
  struct Verdict {
    int code = 0;
    bool name_matches = true;
    std::string line;
  };
  Verdict verdict(std::size_t number) const {
    Verdict verdict;
    std::ifstream log(directory_ / "ours.log");
    for (std::string line; std::getline(log, line);) {
      if (line.find("\"GET " + place(number) + " ") == std::string::npos) continue;
      if (line.find("SSL_shutdown() failed") != std::string::npos)
        continue;  // of a peer that was quicker, logged from nginx 1.26 on
      if (const auto at = line.find("SSL certificate verify error: ("); at != std::string::npos)
        verdict.code = std::atoi(line.c_str() + line.find('(', at) + 1);
      if (line.find("SSL certificate does not match") != std::string::npos)
        verdict.name_matches = false;
      verdict.line = line;
    }
    return verdict;
  }

 private:
  static std::string place(std::size_t number) { return "/s" + std::to_string(number); }

  void add(const Situation& situation, std::size_t number) {
    const std::string base = (directory_ / ("s" + std::to_string(number))).string();
    std::string chain;
    for (const TestIdentity& one : situation.chain) chain += one.pem();
    std::string trusted;
    for (const std::string& one : situation.trusted_pem) trusted += one;
    std::string crls;
    for (const std::string& one : situation.crls) crls += pem_block("X509 CRL", one);
    write(base + ".chain", chain);
    write(base + ".key", situation.chain.front().key_pem());
    write(base + ".trust", trusted);
    write(base + ".crl", crls);
    const std::string to = " location = " + place(number) + " { proxy_pass https://unix:" + base +
                           ".sock:; proxy_ssl_session_reuse off; ";
    const std::string identity = "certificate " + base + ".chain; ";
    const std::string depth = std::to_string(situation.depth) + "; ";
    const std::string listen = " server { listen unix:" + base +
                               ".sock ssl; ssl_session_cache off; ssl_session_tickets off; ";
    if (situation.side == VerifiedSide::server) {
      peers_servers_ +=
          listen + "ssl_" + identity + "ssl_certificate_key " + base + ".key; return 200 ok; }\n";
      ours_locations_ += to + "proxy_ssl_verify on; proxy_ssl_trusted_certificate " + base +
                         ".trust; proxy_ssl_verify_depth " + depth +
                         (crls.empty() ? "" : "proxy_ssl_crl " + base + ".crl; ") +
                         "proxy_ssl_name \"" + situation.expected_name + "\"; }\n";
    } else {
      write(base + ".server", own_.pem());
      write(base + ".serverkey", own_.key_pem());
      ours_servers_ += listen + "ssl_certificate " + base + ".server; ssl_certificate_key " + base +
                       ".serverkey; ssl_verify_client on; ssl_client_certificate " + base +
                       ".trust; ssl_verify_depth " + depth +
                       (crls.empty() ? "" : "ssl_crl " + base + ".crl; ") + "return 200 ok; }\n";
      peers_locations_ +=
          to + "proxy_ssl_" + identity + "proxy_ssl_certificate_key " + base + ".key; }\n";
    }
  }

  std::string configuration(const std::string& name, const std::string& servers,
                            const std::string& locations) const {
    const std::string base = (directory_ / name).string();
    std::string text = "daemon off; master_process off; pid " + base + ".pid; error_log " + base +
                       ".log info; events { worker_connections 512; }\nhttp { access_log off;\n";
    for (const char* const kind : {"client_body", "proxy", "fastcgi", "uwsgi", "scgi"})
      text += std::string(kind) + "_temp_path " + base + "." + kind + ";\n";
    return text + servers + " server { listen unix:" + base + ".sock;\n" + locations + " }\n}\n";
  }

  void start(std::unique_ptr<ChildProgram>& program, const std::string& name,
             std::vector<std::string> environment) {
    const std::string base = (directory_ / name).string();
    program = std::make_unique<ChildProgram>(
        std::vector<std::string>{"nginx", "-p", directory_.path().string(), "-c", base + ".conf",
                                 "-e", base + ".log"},
        base + ".out", std::move(environment));
  }

  int connect(const std::string& name) const {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    (directory_ / (name + ".sock")).string().copy(address.sun_path, sizeof address.sun_path - 1);
    for (const auto deadline = std::chrono::steady_clock::now() + 20s;
         std::chrono::steady_clock::now() < deadline; std::this_thread::yield()) {
      const int fd = ::socket(AF_UNIX, SOCK_STREAM, 0);
      const timeval patience{20, 0};
      ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
      if (::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0) return fd;
      ::close(fd);
    }
    return -1;
  }

  test::TempDir directory_;
  TestIdentity own_ = TestIdentity::root("Own").leaf("own.test");
  std::string ours_servers_;
  std::string ours_locations_;
  std::string peers_servers_;
  std::string peers_locations_;
  std::unique_ptr<ChildProgram> ours_;
  std::unique_ptr<ChildProgram> peers_;
};

TEST(ChainReplay, AgreesWithRealNginxInEverySituation) {
  if (!has_program("nginx")) GTEST_SKIP() << "nginx is not installed";
  const SituationTable table;
  TwoNginx nginx(table.all());
  ASSERT_EQ(nginx.failure_to_start(), "");
  for (std::size_t i = 0; i < table.all().size(); ++i) {
    const Situation& situation = table.all()[i];
    nginx.request(i, situation.side);
    const auto replayed = replay_verification(replay_input(situation, wall_clock_now()));
    ASSERT_TRUE(replayed) << situation.name;
    const auto verdict = nginx.verdict(i);
    EXPECT_EQ(replayed.value().verify_code, verdict.code) << situation.name << ": " << verdict.line;
    if (verdict.code == 0) {
      EXPECT_EQ(replayed.value().name_matches, verdict.name_matches)
          << situation.name << ": " << verdict.line;
    }
    EXPECT_TRUE(verdict.line.empty() == replayed.value().verified)
        << situation.name << ": " << verdict.line;
  }
}

}  // namespace
}  // namespace handshaked::diagnose
