#include "diagnose/certificates/der_text.h"

#include <openssl/evp.h>

namespace handshaked::diagnose {
namespace {

std::int64_t seconds_of(Time time) {
  return std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
}
Time time_from(std::int64_t seconds) {
  // The years 0 to 9999, which is what ASN.1 can say; more would overflow in microseconds.
  constexpr std::int64_t kFirst = -62'167'219'200;
  constexpr std::int64_t kLast = 253'402'300'799;
  return seconds < kFirst || seconds > kLast ? Time{} : Time(std::chrono::seconds(seconds));
}

}  // namespace

std::string der_to_text(std::string_view der) {
  std::string text((der.size() + 2) / 3 * 4 + 1, '\0');
  const int size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                                   reinterpret_cast<const unsigned char*>(der.data()),
                                   static_cast<int>(der.size()));
  text.resize(static_cast<std::size_t>(size));
  return text;
}

Result<Der> der_from_text(std::string_view base64) {
  if (base64.empty() || base64.size() % 4 != 0) return fail(ErrorCode::invalid_input, "not base64");
  Der der(base64.size() / 4 * 3, '\0');
  const int size = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(der.data()),
                                   reinterpret_cast<const unsigned char*>(base64.data()),
                                   static_cast<int>(base64.size()));
  if (size < 0) return fail(ErrorCode::invalid_input, "not base64");
  std::size_t padding = 0;
  while (padding < 2 && base64[base64.size() - 1 - padding] == '=') ++padding;
  der.resize(static_cast<std::size_t>(size) - padding);
  return der;
}

void write_facts(JsonWriter& json, const CertificateFacts& facts) {
  json.begin_object();
  json.member("subject", facts.subject)
      .member("issuer", facts.issuer)
      .optional_member("common_name", facts.common_name);
  json.member("subject_hash", facts.subject_hash)
      .member("issuer_hash", facts.issuer_hash)
      .member("serial", facts.serial);
  json.member("sha256", facts.sha256).member("public_key_sha256", facts.public_key_sha256);
  json.optional_member("subject_key_id", facts.subject_key_id)
      .optional_member("authority_key_id", facts.authority_key_id);
  json.member("not_before", seconds_of(facts.not_before))
      .member("not_after", seconds_of(facts.not_after));
  json.array("dns_names", facts.dns_names)
      .array("ip_addresses", facts.ip_addresses)
      .member("names_left_out", facts.names_left_out);
  json.member("has_basic_constraints", facts.has_basic_constraints).member("is_ca", facts.is_ca);
  if (facts.path_length) json.member("path_length", *facts.path_length);
  json.member("key_type", facts.key_type)
      .member("key_bits", facts.key_bits)
      .member("key_security_bits", facts.key_security_bits);
  json.member("signature_algorithm", facts.signature_algorithm)
      .member("signature_digest", facts.signature_digest);
  json.member("signature_security_bits", facts.signature_security_bits);
  json.member("has_key_usage", facts.has_key_usage).array("key_usage", facts.key_usage);
  json.member("has_extended_key_usage", facts.has_extended_key_usage)
      .array("extended_key_usage", facts.extended_key_usage);
  json.member("has_name_constraints", facts.has_name_constraints);
  json.array("unhandled_critical_extensions", facts.unhandled_critical_extensions);
  json.array("ocsp_urls", facts.ocsp_urls)
      .array("issuer_urls", facts.issuer_urls)
      .member("must_staple", facts.must_staple);
  json.member("self_issued", facts.self_issued).member("self_signed", facts.self_signed);
  json.end_object();
}

CertificateFacts read_facts(const JsonValue& json) {
  CertificateFacts facts;
  facts.subject = json["subject"].string();
  facts.issuer = json["issuer"].string();
  facts.common_name = json["common_name"].string();
  facts.subject_hash = json["subject_hash"].string();
  facts.issuer_hash = json["issuer_hash"].string();
  facts.serial = json["serial"].string();
  facts.sha256 = json["sha256"].string();
  facts.public_key_sha256 = json["public_key_sha256"].string();
  facts.subject_key_id = json["subject_key_id"].string();
  facts.authority_key_id = json["authority_key_id"].string();
  facts.not_before = time_from(json["not_before"].integer());
  facts.not_after = time_from(json["not_after"].integer());
  facts.dns_names = json["dns_names"].strings();
  facts.ip_addresses = json["ip_addresses"].strings();
  facts.names_left_out = json["names_left_out"].count();
  facts.has_basic_constraints = json["has_basic_constraints"].truth();
  facts.is_ca = json["is_ca"].truth();
  if (json["path_length"].is_present()) facts.path_length = json["path_length"].integer();
  facts.key_type = json["key_type"].string();
  facts.key_bits = json["key_bits"].number();
  facts.key_security_bits = json["key_security_bits"].number();
  facts.signature_algorithm = json["signature_algorithm"].string();
  facts.signature_digest = json["signature_digest"].string();
  facts.signature_security_bits = json["signature_security_bits"].number();
  facts.has_key_usage = json["has_key_usage"].truth();
  facts.key_usage = json["key_usage"].strings();
  facts.has_extended_key_usage = json["has_extended_key_usage"].truth();
  facts.extended_key_usage = json["extended_key_usage"].strings();
  facts.has_name_constraints = json["has_name_constraints"].truth();
  facts.unhandled_critical_extensions = json["unhandled_critical_extensions"].strings();
  facts.ocsp_urls = json["ocsp_urls"].strings();
  facts.issuer_urls = json["issuer_urls"].strings();
  facts.must_staple = json["must_staple"].truth();
  facts.self_issued = json["self_issued"].truth();
  facts.self_signed = json["self_signed"].truth();
  return facts;
}

}  // namespace handshaked::diagnose
