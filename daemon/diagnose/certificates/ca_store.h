#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/result.h"
#include "diagnose/certificates/certificate.h"

namespace handshaked::diagnose {

/// One CA certificate at hand, and the file it came from.
struct StoredCa {
  Certificate certificate;
  std::string file;
};

/// CA certificates (and CRLs) that an organisation keeps at hand: used to name what is missing and
/// to propose it, never trusted by itself. Immutable, but for being read when it is first asked;
/// any thread.
class CaStore {
 public:
  /// Files (PEM bundles, DER) and directories (every regular file in it, one level, sorted; what is
  /// no certificate is skipped). No path: the system's bundle. Paths that cannot be read are
  /// reported in `problems`, the rest is used. Bounded: kMaxCertificates.
  static CaStore load(const std::vector<std::string>& paths, std::vector<std::string>& problems);
  /// The system's bundle, which is only read when somebody asks: most diagnoses find nothing that
  /// is missing.
  static CaStore system_when_asked();

  /// One more that is at hand, for a copy of a store; what is there already stays once.
  void add(Certificate certificate, const std::string& file);

  const std::vector<StoredCa>& all() const { return content().cas; }
  const std::vector<RevocationList>& crls() const { return content().crls; }
  /// Those whose subject is `issuer_hash` (CertificateFacts::subject_hash): candidates for an
  /// issuer.
  std::vector<const StoredCa*> named(const std::string& subject_hash) const;
  const StoredCa* find(const std::string& sha256) const;
  /// "/etc/ssl/certs/ca-certificates.crt", or what was given: for people.
  const std::string& description() const { return description_; }

  static constexpr std::size_t kMaxCertificates = 20'000;

 private:
  struct Content {
    std::vector<StoredCa> cas;
    std::vector<RevocationList> crls;
  };
  struct Unread {
    std::once_flag is_read;
    Content content;
  };
  const Content& content() const;

  Content content_;
  std::shared_ptr<Unread> unread_;  ///< of system_when_asked(): in the place of content_
  std::string description_;
};

}  // namespace handshaked::diagnose
