#pragma once

#include <string>
#include <vector>

#include "base/language.h"
#include "diagnose/host/nginx_at_hand.h"
#include "diagnose/preflight/forecast.h"

namespace handshaked::cli {

enum class PreflightFormat { text, json, markdown, html, sarif, junit };
/// The least that makes the exit status 1.
enum class PreflightGate { none, breaks, cannot_tell, weakens, broken_already };

/// As the command line has them: nothing is looked at yet.
struct PreflightOptions {
  std::vector<std::string> peers, chains, chains_now;  ///< [SNI@]HOST:PORT; a file each; PEER=FILE
  std::vector<std::string> trust, crls, certificates, keys, client_certificates,
      clients;  ///< FILE=NEW; of `clients` a file
  std::string at, until, openssl, nginx_version;
  int security_level = -1;  ///< -1: not given
  diagnose::NginxPlace nginx;
  std::vector<std::string> dumps;
  std::string against;
  std::vector<std::string> roots, against_roots;  ///< [PREFIX=]DIR
  std::vector<std::string> ca_stores;
  bool no_probe = false;
  long time_limit = 60;  ///< seconds
  unsigned jobs = 0;     ///< 0: one a processor
  PreflightFormat format = PreflightFormat::text;
  bool is_format_given = false;
  PreflightGate fail_on = PreflightGate::none;
  std::string output_file;
  std::string rules_directory;
  Language language = Language::en;
};

/// `handshaked preflight`: what a planned change breaks, place by place. Gives the exit code.
int run_preflight(const PreflightOptions& options);

}  // namespace handshaked::cli
