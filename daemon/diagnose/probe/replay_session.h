#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "base/result.h"
#include "diagnose/certificates/certificate_facts.h"
#include "diagnose/tls/chain_replay.h"

namespace handshaked::diagnose {

/// Which of some candidates issued a certificate. Indices into the candidates.
struct IssuerSearch {
  std::vector<std::size_t> signers;  ///< its issuer by name, and their key made the signature
  std::vector<std::size_t>
      namesakes;  ///< its issuer by name, but another key: re-keyed, or an impostor

  bool operator==(const IssuerSearch&) const = default;
};

/// Many replays in one child process that holds no secrets: a chain made to break a parser breaks
/// the child, and the next call says so. Certificates and CRLs cross over once, however many
/// replays use them. Blocks; one thread at a time; the destructor ends the child. Every call fails
/// with timeout at the deadline that the session was given, with io when the child died, with
/// invalid_input when it could not parse what it was given; after a failure other than
/// invalid_input the session is over.
class ReplaySession {
 public:
  static Result<ReplaySession> start(std::chrono::steady_clock::time_point deadline);
  ReplaySession(ReplaySession&&) noexcept;
  ReplaySession& operator=(ReplaySession&&) noexcept;
  ~ReplaySession();

  Result<ReplayResult> replay(const ReplayInput& input);
  /// One round trip; results in the order of the inputs. At most kMaxVariants.
  Result<std::vector<ReplayResult>> replay(std::span<const ReplayInput> inputs);
  /// What is in each; none where it cannot be parsed.
  Result<std::vector<std::optional<CertificateFacts>>> inspect(std::span<const Der> certificates);
  Result<IssuerSearch> find_issuers(const Der& certificate, std::span<const Der> candidates);

  /// From now on: a session may serve several diagnoses, each with a deadline of its own.
  void answer_by(std::chrono::steady_clock::time_point deadline);

  static constexpr std::size_t kMaxVariants = 512;

 private:
  class Connection;
  explicit ReplaySession(std::unique_ptr<Connection> connection);
  std::unique_ptr<Connection> connection_;
};

}  // namespace handshaked::diagnose
