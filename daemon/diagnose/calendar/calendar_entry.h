#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "diagnose/case/configured_file.h"
#include "diagnose/case/surroundings.h"
#include "diagnose/case/text.h"
#include "diagnose/certificates/certificate_facts.h"
#include "diagnose/certificates/pem_bundle.h"

namespace handshaked::diagnose {

enum class EndingKind : std::uint8_t {
  served_certificate,  ///< ssl_certificate: what clients are shown
  client_certificate,  ///< proxy_ssl_certificate and the like: what upstreams are shown
  trusted_ca,
  revocation_list,
  stapled_answer,
  peer_certificate,  ///< what an upstream shows
};

/// "10.0.0.1:443" of "https://10.0.0.1:443".
std::string peer_of(std::string_view target);
/// "2027-01-05".
std::string day_of(Time at);

/// Something that ends on its own: a certificate, a CA that is trusted, a revocation list, a
/// stapled answer. A value.
struct CalendarEntry {
  Time at{};  ///< the last moment at which it is good
  Text what;
  std::string file;
  std::uint32_t line = 0;

  EndingKind kind = EndingKind::served_certificate;
  std::string directive;
  std::string path;     ///< the file that holds it; empty: a peer's
  std::string target;   ///< of a peer's: "https://10.0.0.1:443"
  std::string name;     ///< "CN=shop.example"
  std::string subject;  ///< what it is and no other: SHA-256
  std::string slot;     ///< where its successor will be: renewals are counted by it; empty: of a
                        ///< chain's upper certificates
  Time issued_at{};
  /// Of a peer's: "10.0.0.1:443".
  std::string peer() const { return peer_of(target); }
  bool ends_all =
      false;  ///< nothing beside it goes on: what depends on it fails then, whatever else is there
};

/// Every ending of a file of the configuration, past ones too. Of a large collection of CAs, of
/// which some end all the time, none.
void add_endings(const ConfiguredFile& file, const PemBundle& bundle,
                 std::vector<CalendarEntry>& calendar);
/// Of an OCSP answer that nginx staples from a file (DER).
void add_stapled_ending(const ConfiguredFile& file, std::string_view answer,
                        std::vector<CalendarEntry>& calendar);
/// Of the chain that an upstream shows.
void add_peer_endings(const std::vector<CertificateFacts>& chain, const std::string& target,
                      const std::string& file, std::uint32_t line,
                      std::vector<CalendarEntry>& calendar);

/// All files of a configuration. What cannot be read is added to `unread`.
std::vector<CalendarEntry> endings_of_files(const Surroundings& surroundings,
                                            std::vector<std::string>& unread);

/// What an OCSP answer takes at most.
inline constexpr std::size_t kMaxAnswerBytes = 1U << 20;
/// Above so many certificates a file is a collection.
inline constexpr std::size_t kLargeBundle = 20;

}  // namespace handshaked::diagnose
