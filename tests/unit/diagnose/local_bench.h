#pragma once

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "diagnose/diagnoser.h"
#include "support/temp_dir.h"
#include "test_pki.h"

namespace handshaked::diagnose {

/// An nginx configuration and its files in memory, a CA collection, and what a diagnosis of this
/// host's own faults needs; nothing goes over the wire, and no nginx is asked (no program is
/// named).
class LocalBench {
 public:
  static constexpr const char* kMain = "/etc/nginx/nginx.conf";

  LocalBench() {
    std::filesystem::create_directories(directory_ / "cas");
    surroundings.may_read_keys = true;
    surroundings.now = wall_clock_now();
    surroundings.deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  }

  void file(const std::string& path, const std::string& text) { files.add(path, text); }
  void at_hand(const std::string& name, const TestIdentity& ca) {
    std::ofstream(directory_ / "cas" / name) << ca.pem();
  }
  void at_hand(const std::string& name, const std::string& text) {
    std::ofstream(directory_ / "cas" / name) << text;
  }
  /// A server of http{} with these lines, on 127.0.0.1:8443 with www.corp.test unless they say
  /// otherwise.
  void server(const std::string& lines, const std::string& others = {}) {
    configuration(
        "http {\n    server {\n        listen 127.0.0.1:8443 ssl;\n        server_name "
        "www.corp.test;\n" +
        lines + "    }\n" + others + "}\n");
  }
  void configuration(const std::string& text) { files.add(kMain, "events {}\n" + text); }

  Symptom symptom(parse::Side side, const std::string& cause, const std::string& message) {
    Symptom made;
    made.side = side;
    made.message = message;
    made.candidates.push_back({cause, 0.6, {}, {}});
    made.server = side == parse::Side::client ? "127.0.0.1:8443" : "";
    return made;
  }

  Diagnosis diagnose(const Symptom& symptom) {
    std::vector<std::string> problems;
    store_ = std::make_unique<CaStore>(CaStore::load({(directory_ / "cas").string()}, problems));
    policy_ = std::make_unique<ProbePolicy>(ProbePolicy::create({}, {}).value());
    ProberOptions options;
    options.scope = ProbeScope::none;
    options.deadline = surroundings.deadline;
    prober_ = std::make_unique<Prober>(*policy_, options);
    read_ = std::make_unique<ReadConfiguration>(nginx::Configuration::load(kMain, files).value(),
                                                surroundings.installation.version);
    surroundings.nginx = read_.get();
    surroundings.files = &files;
    surroundings.ca_store = store_.get();
    surroundings.prober = prober_.get();
    std::vector<match::RuleProblem> rule_problems;
    static const match::Knowledge knowledge =
        match::Knowledge::load(HANDSHAKED_SOURCE_DIRECTORY "/rules", rule_problems);
    return handshaked::diagnose::diagnose(symptom, surroundings, knowledge);
  }

  nginx::MemoryFiles files;
  Surroundings surroundings;

 private:
  test::TempDir directory_;
  std::unique_ptr<CaStore> store_;
  std::unique_ptr<ProbePolicy> policy_;
  std::unique_ptr<Prober> prober_;
  std::unique_ptr<ReadConfiguration> read_;
};

/// The first fix with a patch; null when none has one.
inline const Fix* first_patch(const Diagnosis& diagnosis) {
  for (const Fix& fix : diagnosis.fixes) {
    if (!fix.patch.empty()) return &fix;
  }
  return nullptr;
}

/// Its patch; empty when none has one.
inline std::string first_patch_text(const Diagnosis& diagnosis) {
  const Fix* const fix = first_patch(diagnosis);
  return fix == nullptr ? "" : fix->patch;
}

}  // namespace handshaked::diagnose
