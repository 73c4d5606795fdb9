#include "diagnose/certificates/certificate_reading.h"

#include <arpa/inet.h>

#include <algorithm>
#include <ctime>

#include <openssl/err.h>
#include <openssl/objects.h>

#include "base/digest.h"
#include "base/text/utf8.h"
#include "diagnose/certificates/openssl_handle.h"

namespace handshaked::diagnose {
namespace {

std::string limited(std::string_view text) {
  return std::string(utf8_prefix(text, CertificateFacts::kMaxTextBytes));
}

std::string text_of(const ASN1_STRING* string) {
  if (!string) return {};
  unsigned char* utf8 = nullptr;
  const int size = ASN1_STRING_to_UTF8(&utf8, string);
  if (size < 0) return {};
  std::string text = limited({reinterpret_cast<char*>(utf8), static_cast<std::size_t>(size)});
  OPENSSL_free(utf8);
  return text;
}

std::string raw_text_of(const ASN1_STRING* string) {
  return limited({reinterpret_cast<const char*>(ASN1_STRING_get0_data(string)),
                  static_cast<std::size_t>(ASN1_STRING_length(string))});
}

std::string hex_of(const ASN1_STRING* string) {
  if (!string) return {};
  const auto size = std::min(static_cast<std::size_t>(ASN1_STRING_length(string)),
                             CertificateFacts::kMaxTextBytes / 2);
  return hex_text(ASN1_STRING_get0_data(string), size);
}

std::string object_text(const ASN1_OBJECT* object) {
  const int nid = OBJ_obj2nid(object);
  if (nid != NID_undef) return OBJ_nid2sn(nid);
  char text[160];
  const int size = OBJ_obj2txt(text, sizeof text, object, 1);
  return size > 0 ? std::string(text) : std::string("?");
}

std::string ip_text(const ASN1_OCTET_STRING* address) {
  const int size = ASN1_STRING_length(address);
  char text[INET6_ADDRSTRLEN];
  const int family = size == 4 ? AF_INET : size == 16 ? AF_INET6 : AF_UNSPEC;
  if (family == AF_UNSPEC ||
      !::inet_ntop(family, ASN1_STRING_get0_data(address), text, sizeof text))
    return hex_of(address);
  return text;
}

void read_alternative_names(const X509* certificate, CertificateFacts& facts) {
  auto* const names = static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr));
  for (int i = 0; i < sk_GENERAL_NAME_num(names); ++i) {
    const GENERAL_NAME* const name = sk_GENERAL_NAME_value(names, i);
    std::vector<std::string>* list = nullptr;
    std::string text;
    if (name->type == GEN_DNS) {
      list = &facts.dns_names;
      text = raw_text_of(name->d.dNSName);
    } else if (name->type == GEN_IPADD) {
      list = &facts.ip_addresses;
      text = ip_text(name->d.iPAddress);
    } else {
      continue;
    }
    if (list->size() < CertificateFacts::kMaxNames) list->push_back(std::move(text));
    else ++facts.names_left_out;
  }
  GENERAL_NAMES_free(names);
}

void read_constraints(const X509* certificate, CertificateFacts& facts) {
  if (auto* const basic = static_cast<BASIC_CONSTRAINTS*>(
          X509_get_ext_d2i(certificate, NID_basic_constraints, nullptr, nullptr))) {
    facts.has_basic_constraints = true;
    facts.is_ca = basic->ca != 0;
    if (basic->pathlen) facts.path_length = ASN1_INTEGER_get(basic->pathlen);
    BASIC_CONSTRAINTS_free(basic);
  }
  facts.has_name_constraints = X509_get_ext_by_NID(certificate, NID_name_constraints, -1) >= 0;
  if (auto* const features = static_cast<STACK_OF(ASN1_INTEGER)*>(
          X509_get_ext_d2i(certificate, NID_tlsfeature, nullptr, nullptr))) {
    constexpr long kStatusRequest = 5;
    for (int i = 0; i < sk_ASN1_INTEGER_num(features); ++i)
      if (ASN1_INTEGER_get(sk_ASN1_INTEGER_value(features, i)) == kStatusRequest)
        facts.must_staple = true;
    sk_ASN1_INTEGER_pop_free(features, ASN1_INTEGER_free);
  }
  for (int i = 0; i < X509_get_ext_count(certificate) &&
                  facts.unhandled_critical_extensions.size() < CertificateFacts::kMaxNames;
       ++i) {
    X509_EXTENSION* const extension = X509_get_ext(certificate, i);
    if (X509_EXTENSION_get_critical(extension) && !X509_supported_extension(extension))
      facts.unhandled_critical_extensions.push_back(
          object_text(X509_EXTENSION_get_object(extension)));
  }
}

void read_usage(X509* certificate, CertificateFacts& facts) {
  static constexpr struct {
    std::uint32_t bit;
    const char* name;
  } kUsages[] = {{KU_DIGITAL_SIGNATURE, "digitalSignature"},
                 {KU_NON_REPUDIATION, "nonRepudiation"},
                 {KU_KEY_ENCIPHERMENT, "keyEncipherment"},
                 {KU_DATA_ENCIPHERMENT, "dataEncipherment"},
                 {KU_KEY_AGREEMENT, "keyAgreement"},
                 {KU_KEY_CERT_SIGN, "keyCertSign"},
                 {KU_CRL_SIGN, "cRLSign"},
                 {KU_ENCIPHER_ONLY, "encipherOnly"},
                 {KU_DECIPHER_ONLY, "decipherOnly"}};
  const std::uint32_t flags = X509_get_extension_flags(certificate);
  if (flags & EXFLAG_KUSAGE) {
    facts.has_key_usage = true;
    const std::uint32_t usage = X509_get_key_usage(certificate);
    for (const auto& [bit, name] : kUsages)
      if (usage & bit) facts.key_usage.emplace_back(name);
  }
  if (auto* const extended = static_cast<EXTENDED_KEY_USAGE*>(
          X509_get_ext_d2i(certificate, NID_ext_key_usage, nullptr, nullptr))) {
    facts.has_extended_key_usage = true;
    for (int i = 0; i < sk_ASN1_OBJECT_num(extended) &&
                    facts.extended_key_usage.size() < CertificateFacts::kMaxNames;
         ++i)
      facts.extended_key_usage.push_back(object_text(sk_ASN1_OBJECT_value(extended, i)));
    EXTENDED_KEY_USAGE_free(extended);
  }
}

void read_key_and_signature(X509* certificate, CertificateFacts& facts) {
  if (EVP_PKEY* const key = X509_get0_pubkey(certificate)) {
    const char* const type = EVP_PKEY_get0_type_name(key);
    facts.key_type = type ? type : "";
    facts.key_bits = EVP_PKEY_get_bits(key);
    facts.key_security_bits = EVP_PKEY_get_security_bits(key);
  }
  facts.signature_algorithm = OBJ_nid2sn(X509_get_signature_nid(certificate));
  int digest = NID_undef;
  int security_bits = 0;
  if (X509_get_signature_info(certificate, &digest, nullptr, &security_bits, nullptr)) {
    if (digest != NID_undef) facts.signature_digest = OBJ_nid2sn(digest);
    facts.signature_security_bits = security_bits;
  }
  unsigned char* spki = nullptr;
  const int size = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &spki);
  if (size > 0)
    facts.public_key_sha256 =
        sha256_hex({reinterpret_cast<char*>(spki), static_cast<std::size_t>(size)});
  OPENSSL_free(spki);
}

void read_locations(X509* certificate, CertificateFacts& facts) {
  auto* const access = static_cast<AUTHORITY_INFO_ACCESS*>(
      X509_get_ext_d2i(certificate, NID_info_access, nullptr, nullptr));
  constexpr std::size_t kMaxUrls = 8;
  for (int i = 0; i < sk_ACCESS_DESCRIPTION_num(access); ++i) {
    const ACCESS_DESCRIPTION* const entry = sk_ACCESS_DESCRIPTION_value(access, i);
    if (entry->location->type != GEN_URI) continue;
    const int method = OBJ_obj2nid(entry->method);
    auto* const list = method == NID_ad_OCSP         ? &facts.ocsp_urls
                       : method == NID_ad_ca_issuers ? &facts.issuer_urls
                                                     : nullptr;
    if (list && list->size() < kMaxUrls)
      list->push_back(raw_text_of(entry->location->d.uniformResourceIdentifier));
  }
  AUTHORITY_INFO_ACCESS_free(access);
}

std::string last_common_name(const X509_NAME* name) {
  int found = -1;
  for (int at = -1; (at = X509_NAME_get_index_by_NID(name, NID_commonName, at)) >= 0;) found = at;
  return found < 0 ? std::string()
                   : text_of(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, found)));
}

}  // namespace

Time read_time(const asn1_string_st* time) {
  std::tm moment{};
  if (!time || !ASN1_TIME_to_tm(time, &moment)) return {};
  return Time(std::chrono::seconds(::timegm(&moment)));
}

CertificateFacts read_facts(x509_st* certificate, const Der& der) {
  CertificateFacts facts;
  // Fills in OpenSSL's own view of the extensions, on which the getters below stand.
  X509_check_purpose(certificate, -1, 0);
  const X509_NAME* const subject = X509_get_subject_name(certificate);
  const X509_NAME* const issuer = X509_get_issuer_name(certificate);
  facts.subject = name_text(subject);
  facts.issuer = name_text(issuer);
  facts.common_name = last_common_name(subject);
  facts.subject_hash = name_hash(subject);
  facts.issuer_hash = name_hash(issuer);
  facts.serial = hex_of(X509_get0_serialNumber(certificate));
  facts.sha256 = sha256_hex(der);
  facts.subject_key_id = hex_of(X509_get0_subject_key_id(certificate));
  facts.authority_key_id = hex_of(X509_get0_authority_key_id(certificate));
  facts.not_before = read_time(X509_get0_notBefore(certificate));
  facts.not_after = read_time(X509_get0_notAfter(certificate));
  read_alternative_names(certificate, facts);
  read_constraints(certificate, facts);
  read_usage(certificate, facts);
  read_key_and_signature(certificate, facts);
  read_locations(certificate, facts);
  facts.self_issued = X509_NAME_cmp(subject, issuer) == 0;
  facts.self_signed =
      facts.self_issued && X509_verify(certificate, X509_get0_pubkey(certificate)) == 1;
  ERR_clear_error();
  return facts;
}

}  // namespace handshaked::diagnose
