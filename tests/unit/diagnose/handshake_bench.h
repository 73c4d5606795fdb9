#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "diagnose/upstream/handshake/handshake_diagnosis.h"
#include "diagnose/upstream/resolver_faults.h"
#include "match/knowledge.h"
#include "probe_bench.h"

namespace handshaked::diagnose {

/// One situation towards an upstream: a configuration with its files, peers on loopback ports, a CA
/// collection, and what a line said.
/// `@name@` of the configuration is the directory of the files. One diagnosis for each.
class HandshakeBench {
 public:
  HandshakeBench() { std::filesystem::create_directory(directory / "cas"); }

  void put(const std::string& name, const std::string& text) { write_file(directory / name, text); }
  std::string path(const std::string& name) const { return (directory / name).string(); }

  /// Everything of the http or stream block.
  void configure(const std::string& text) { configuration_ = "events {}\n" + text; }
  /// "proxy_pass https://backend;" and more, in one location, with one server in the group.
  void configure_http(std::uint16_t port, const std::string& location) {
    configure(
        "http {\n    upstream backend.test {\n        server 127.0.0.1:" + std::to_string(port) +
        ";\n    }\n    server {\n        listen 127.0.0.1:1;\n        location / {\n            " +
        location + "\n        }\n    }\n}\n");
    symptom.peer = "127.0.0.1:" + std::to_string(port);
  }
  void configure_stream(std::uint16_t port, const std::string& server) {
    configure("stream {\n    server {\n        listen 127.0.0.1:1;\n        proxy_pass 127.0.0.1:" +
              std::to_string(port) + ";\n        " + server + "\n    }\n}\n");
    symptom.scheme.clear();
    symptom.server = "127.0.0.1:1";
    symptom.peer = "127.0.0.1:" + std::to_string(port);
  }

  Diagnosis diagnose() {
    put("nginx.conf", configuration_);
    auto loaded = nginx::Configuration::load(path("nginx.conf"), files_);
    if (!loaded) throw std::runtime_error(loaded.error().message());
    if (!loaded.value().problems().empty())
      throw std::runtime_error(loaded.value().problems().front().message());
    const nginx::NginxVersion version{1, 22, 1};
    const ReadConfiguration read(std::move(loaded).value(), version);
    std::vector<std::string> problems;
    const CaStore store = CaStore::load({path("cas")}, problems);
    const auto policy =
        ProbePolicy::create(configured_peers(read.passes, read.listeners), allow_list);
    if (!policy) throw std::runtime_error(policy.error().message());
    Surroundings around;
    ProberOptions options;
    options.scope = scope;
    options.deadline = std::chrono::steady_clock::now() + std::chrono::seconds(25);
    options.on_probe = [this](const std::string& line) { probes.push_back(line); };
    options.resolve = [](const std::string& name) -> Result<std::vector<std::string>> {
      if (name == "resolves.test") return std::vector<std::string>{"127.0.0.1"};
      return fail(ErrorCode::not_found, name);
    };
    Prober prober(policy.value(), std::move(options));
    around.nginx = &read;
    around.files = &files_;
    around.installation.version = version;
    around.ca_store = &store;
    around.prober = &prober;
    around.may_read_keys = may_read_keys;
    around.now = wall_clock_now();
    around.deadline = std::chrono::steady_clock::now() + std::chrono::seconds(25);
    const auto knowledge =
        match::Knowledge::load(std::string(HANDSHAKED_SOURCE_DIRECTORY) + "/rules", rule_problems_);
    if (ask) return ask(symptom, around, knowledge);
    if (const auto placed = with_unresolved_upstream(symptom, read.passes)) symptom = *placed;
    auto opened = UpstreamCase::open(symptom, around, knowledge);
    if (!opened) throw std::runtime_error(opened.error().message());
    return diagnose_handshake(*opened.value());
  }

  /// Who is to diagnose; diagnose_handshake() when empty.
  std::function<Diagnosis(const Symptom&, const Surroundings&, const match::Knowledge&)> ask;

  Symptom symptom = [] {
    Symptom line;
    line.side = parse::Side::upstream;
    line.scheme = "https";
    line.server = "";
    line.request_target = "/";
    return line;
  }();
  test::TempDir directory;
  std::vector<std::string> allow_list;
  ProbeScope scope = ProbeScope::all;
  bool may_read_keys = true;
  std::vector<std::string> probes;

 private:
  std::string configuration_;
  nginx::DiskFiles files_;
  std::vector<match::RuleProblem> rule_problems_;
};

inline const Fix* fix_of(const Diagnosis& diagnosis, const std::string& id) {
  for (const Fix& fix : diagnosis.fixes) {
    if (fix.id == id) return &fix;
  }
  return nullptr;
}

/// The first fix is proved, has a patch, and takes no protection away.
inline testing::AssertionResult is_cured_first(const Diagnosis& diagnosis, const std::string& id) {
  std::string said;
  for (const Fix& fix : diagnosis.fixes)
    said += "\n" + fix.id + ": " + std::string(to_string(fix.proof.status)) + ", " +
            fix.proof.detail.en;
  for (const Evidence& one : diagnosis.evidence) said += "\n" + one.kind + ": " + one.text.en;
  const bool is_cured = !diagnosis.fixes.empty() && diagnosis.fixes.front().id == id &&
                        diagnosis.fixes.front().proof.status == ProofStatus::proved &&
                        !diagnosis.fixes.front().patch.empty() &&
                        !diagnosis.fixes.front().is_unsafe;
  return is_cured ? testing::AssertionSuccess()
                  : testing::AssertionFailure() << diagnosis.cause << said;
}

}  // namespace handshaked::diagnose
