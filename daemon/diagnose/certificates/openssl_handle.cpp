#include "diagnose/certificates/openssl_handle.h"

#include <cstdio>

#include <openssl/err.h>

#include "base/text/utf8.h"
#include "diagnose/certificates/certificate_facts.h"

namespace handshaked::diagnose {

OpensslError take_openssl_error() {
  const unsigned long code = ERR_get_error();
  OpensslError error{code, {}};
  if (code != 0) {
    const char* const reason = ERR_reason_error_string(code);
    error.reason = reason ? reason : "reason(" + std::to_string(ERR_GET_REASON(code)) + ")";
  }
  ERR_clear_error();
  return error;
}

std::string openssl_code_text(unsigned long code) {
  char text[20];
  std::snprintf(text, sizeof text, "%08lX", code);
  return text;
}

std::string name_text(const X509_NAME* name) {
  const BioHandle bio(BIO_new(BIO_s_mem()));
  // Control characters stay escaped, so that a name can never begin a line of a report; UTF-8 stays
  // readable.
  if (!bio || X509_NAME_print_ex(bio.get(), name, 0, XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB) < 0)
    return {};
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &bytes);
  if (size <= 0) return {};
  return std::string(
      utf8_prefix({bytes, static_cast<std::size_t>(size)}, CertificateFacts::kMaxTextBytes));
}

std::string name_hash(const X509_NAME* name) {
  int is_ok = 0;
  const unsigned long hash = X509_NAME_hash_ex(name, nullptr, nullptr, &is_ok);
  if (!is_ok) return {};
  char text[20];
  std::snprintf(text, sizeof text, "%08lx", hash);
  return text;
}

std::string hex_text(const unsigned char* bytes, std::size_t size) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  text.reserve(size * 2);
  for (std::size_t i = 0; i < size; ++i) {
    text.push_back(kDigits[bytes[i] >> 4]);
    text.push_back(kDigits[bytes[i] & 15]);
  }
  return text;
}

}  // namespace handshaked::diagnose
