#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "diagnose/certificates/certificate.h"

namespace handshaked::diagnose {

/// What kind of file it is on the whole.
enum class BundleForm {
  pem,              ///< at least one BEGIN line
  empty,            ///< nothing, or white space only
  der_certificate,  ///< a certificate, not as PEM: `openssl x509 -inform DER` makes it one
  der_crl,
  pkcs12,
  der_other,  ///< begins like DER and is neither; a key perhaps, which is not looked at
  not_pem,    ///< text or bytes without any BEGIN line
};
std::string_view to_string(BundleForm form);

enum class BlockKind {
  certificate,
  trusted_certificate,
  crl,
  private_key,
  encrypted_private_key,
  certificate_request,
  parameters,
  public_key,
  other
};
std::string_view to_string(BlockKind kind);

/// One BEGIN … END block, in the order of the file. Lines count from 1.
struct PemBlock {
  BlockKind kind = BlockKind::other;
  std::string label;  ///< "CERTIFICATE", "EC PRIVATE KEY"
  unsigned first_line = 0;
  unsigned last_line = 0;
  std::string problem;  ///< why OpenSSL cannot read it, in its words ("bad base64 decode", "bad end
                        ///< line"); empty when it can
};

struct BundledCertificate {
  Certificate certificate;
  std::size_t block = 0;  ///< index into PemBundle::blocks
};
struct BundledCrl {
  RevocationList crl;
  std::size_t block = 0;
};

/// The content of a file that nginx takes for certificates or CRLs: what is really in it, and
/// where. Private keys are noticed by their BEGIN line; their content is never decoded. A value.
struct PemBundle {
  BundleForm form = BundleForm::empty;
  std::vector<PemBlock> blocks;
  std::vector<BundledCertificate> certificates;
  std::vector<BundledCrl> crls;

  /// The first block that cannot be read, or null. nginx refuses the whole file for one.
  const PemBlock* damaged_block() const;
  /// nginx can load it as *_ssl_trusted_certificate, ssl_client_certificate or *_ssl_crl: no block
  /// is damaged, and there is at least one certificate or CRL. (OpenSSL takes both from either
  /// file.)
  bool loads_as_trust() const {
    return !damaged_block() && (!certificates.empty() || !crls.empty());
  }
  bool has_private_key() const;
};

inline constexpr std::size_t kMaxBundleBytes = 64U << 20;
inline constexpr std::size_t kMaxBundleBlocks = 50'000;

/// Takes bytes apart. Fails only when a limit is exceeded; damage is described in the result.
Result<PemBundle> read_pem_bundle(std::string_view bytes);
/// The same from a file; not_found, permission_denied, io, and limit_exceeded for a file that is
/// too long. A directory or device is invalid_input.
Result<PemBundle> read_pem_file(const std::string& path);

}  // namespace handshaked::diagnose
