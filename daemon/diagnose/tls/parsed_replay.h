#pragma once

#include <memory>
#include <span>

#include "base/result.h"
#include "diagnose/tls/chain_replay.h"

struct x509_st;
struct X509_crl_st;

namespace handshaked::diagnose {

/// What replay_verification() works on once everything is parsed: the child process parses a
/// certificate once for many replays.
struct ParsedMaterial {
  std::span<x509_st* const> chain;  ///< never empty
  std::span<x509_st* const> trusted;
  std::span<X509_crl_st* const> crls;
};

/// The settings are those of `settings`; its certificates and CRLs are not looked at.
Result<ReplayResult> replay_parsed(const ReplayInput& settings, const ParsedMaterial& material);

/// A certificate as libssl takes it from the wire: no trust settings, nothing behind it.
/// invalid_input.
Result<std::shared_ptr<x509_st>> parse_from_wire(const Der& der);

}  // namespace handshaked::diagnose
