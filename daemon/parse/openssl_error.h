#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "parse/error_record.h"

namespace handshaked::parse {

/// One entry of an OpenSSL error queue as nginx prints it: "error:0A000418:SSL routines::tlsv1
/// alert unknown ca:SSL alert number 48" (3.x), "error:1416F086:SSL
/// routines:tls_process_server_certificate:certificate verify failed" (1.x, LibreSSL),
/// "error:1000007d:SSL routines:OPENSSL_internal:CERTIFICATE_VERIFY_FAILED" (BoringSSL, AWS-LC).
struct OpensslError {
  std::string_view whole;         ///< from "error:" on
  std::uint32_t code = 0;         ///< the packed number
  std::uint32_t reason_code = 0;  ///< unpacked by the layout of the library that wrote it
  std::string_view library;       ///< "SSL routines"
  std::string_view reason;        ///< "tlsv1 alert unknown ca"
  std::string_view data;          ///< "SSL alert number 48"
};

/// What a record says about TLS beyond its fields.
struct TlsDetail {
  static constexpr std::size_t kMaxErrors = 8;
  std::array<OpensslError, kMaxErrors> errors;
  std::size_t error_count = 0;
  /// The entry that is the diagnosis: the last that is no mere wrapper ("… lib", "internal error");
  /// for files the first.
  const OpensslError* decisive = nullptr;
  std::optional<int> alert;        ///< received alert number (RFC 8446 section 6.2)
  std::optional<int> verify_code;  ///< X509_V_ERR_*, from "(20:unable to …)"
  std::string_view verify_text;
  std::string_view name;  ///< the name in `does not match "…"`; may be a stranger's

  TlsDetail() = default;
  TlsDetail(const TlsDetail&) = delete;  // `decisive` points into `errors`
  TlsDetail& operator=(const TlsDetail&) = delete;
};

/// Fills `detail` from `record.message`. The views live as long as the record's.
void read_tls_detail(const ErrorRecord& record, TlsDetail& detail);

}  // namespace handshaked::parse
