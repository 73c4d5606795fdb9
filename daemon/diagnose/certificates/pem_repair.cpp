#include "diagnose/certificates/pem_repair.h"

#include <algorithm>
#include <array>
#include <set>

#include <openssl/pem.h>
#include <openssl/pkcs7.h>

#include "diagnose/certificates/issuer_search.h"
#include "diagnose/certificates/openssl_handle.h"
#include "diagnose/texts.h"

namespace handshaked::diagnose {
namespace {

constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
constexpr std::string_view kDashes = "-----";

std::string replace_all(std::string text, std::string_view from, std::string_view to) {
  for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size())
    text.replace(at, from.size(), to);
  return text;
}

bool is_readable(std::string_view text) {
  const auto bundle = read_pem_bundle(text);
  return bundle && bundle.value().loads_as_trust();
}

bool is_base64(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' ||
         c == '/' || c == '=';
}

/// Every block written anew: its base64 without anything between, 64 characters a line. Text around
/// the blocks is dropped.
std::string rewrap(std::string_view text) {
  std::string wrapped;
  for (std::size_t at = 0; (at = text.find("-----BEGIN ", at)) != std::string_view::npos;) {
    const std::size_t label_end = text.find(kDashes, at + 11);
    if (label_end == std::string_view::npos) break;
    const std::string label(text.substr(at + 11, label_end - at - 11));
    const std::string end_line = "-----END " + label + "-----";
    const std::size_t end = text.find(end_line, label_end);
    if (label.size() > 40 || end == std::string_view::npos) break;
    std::string body;
    for (const char c : text.substr(label_end + kDashes.size(), end - label_end - kDashes.size())) {
      if (is_base64(c)) body += c;
    }
    wrapped += "-----BEGIN " + label + "-----\n";
    for (std::size_t line = 0; line < body.size(); line += 64)
      wrapped += body.substr(line, 64) + "\n";
    wrapped += end_line + "\n";
    at = end + end_line.size();
  }
  return wrapped;
}

std::optional<std::string> certificates_of_pkcs7(std::string_view text) {
  const BioHandle bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
  const OpensslHandle<PKCS7, PKCS7_free> pkcs7(
      bio ? PEM_read_bio_PKCS7(bio.get(), nullptr, nullptr, nullptr) : nullptr);
  take_openssl_error();
  if (!pkcs7 || !PKCS7_type_is_signed(pkcs7.get()) || pkcs7->d.sign == nullptr) return std::nullopt;
  const STACK_OF(X509)* const held = pkcs7->d.sign->cert;
  const BioHandle out(BIO_new(BIO_s_mem()));
  for (int i = 0; i < sk_X509_num(held); ++i) PEM_write_bio_X509(out.get(), sk_X509_value(held, i));
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(out.get(), &bytes);
  return std::string(bytes, static_cast<std::size_t>(size));
}

std::set<std::string> lines_of(std::string_view text) {
  std::set<std::string> lines;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    std::string_view line = text.substr(at, end - at);
    while (!line.empty() && static_cast<unsigned char>(line.back()) <= ' ') line.remove_suffix(1);
    if (line.size() >= 16 && !line.starts_with(kDashes)) lines.emplace(line);
    at = end + 1;
  }
  return lines;
}

}  // namespace

std::optional<PemRepair> repair_pem(std::string_view text) {
  if (text.size() > (4U << 20) || text.find("PRIVATE KEY") != std::string_view::npos)
    return std::nullopt;
  std::string plain(text);
  const bool has_mark = text.starts_with(kByteOrderMark);
  if (has_mark) plain.erase(0, kByteOrderMark.size());
  if (has_mark && is_readable(plain)) return PemRepair{plain, diagnosis_text("pem.mark_removed")};
  const std::string split = replace_all(plain, "----------BEGIN ", "-----\n-----BEGIN ");
  if (split != plain && is_readable(split))
    return PemRepair{split, diagnosis_text("pem.line_broken")};
  if (text.find("-----BEGIN PKCS7-----") != std::string_view::npos) {
    if (auto certificates = certificates_of_pkcs7(plain);
        certificates && is_readable(*certificates))
      return PemRepair{std::move(*certificates), diagnosis_text("pem.unpacked")};
  }
  const std::string wrapped = rewrap(replace_all(replace_all(plain, "\\r", ""), "\\n", "\n"));
  if (!is_readable(wrapped)) return std::nullopt;
  return PemRepair{wrapped, diagnosis_text("pem.lines_restored")};
}

std::vector<Certificate> recover_damaged(std::string_view text, const PemBundle& readable,
                                         const CaStore& store) {
  std::vector<Certificate> found;
  const std::set<std::string> lines = lines_of(text);
  if (lines.empty()) return found;
  for (const StoredCa& stored : store.all()) {
    const auto& held = readable.certificates;
    if (std::any_of(held.begin(), held.end(), [&](const BundledCertificate& one) {
          return is_same(one.certificate, stored.certificate);
        }))
      continue;
    const std::set<std::string> wanted = lines_of(stored.certificate.pem());
    const auto shared = static_cast<std::size_t>(
        std::count_if(wanted.begin(), wanted.end(),
                      [&](const std::string& line) { return lines.contains(line); }));
    if (shared * 3 >= wanted.size() && shared >= 3 && !holds(found, stored.certificate))
      found.push_back(stored.certificate);
  }
  return found;
}

std::optional<std::vector<Certificate>> chain_in_order(
    std::span<const BundledCertificate> certificates, std::string_view leaf_key) {
  if (certificates.size() < 2) return std::nullopt;
  std::vector<Certificate> rest;
  for (const BundledCertificate& one : certificates) rest.push_back(one.certificate);
  const auto issues_another = [&](const Certificate& one) {
    return std::any_of(rest.begin(), rest.end(), [&](const Certificate& other) {
      return !is_same(one, other) && other.names_as_issuer(one);
    });
  };
  const auto is_leaf = [&](const Certificate& one) {
    return leaf_key.empty() ? !issues_another(one) : one.facts().public_key_sha256 == leaf_key;
  };
  if (std::count_if(rest.begin(), rest.end(), is_leaf) != 1) return std::nullopt;
  std::vector<Certificate> ordered;
  auto next = std::find_if(rest.begin(), rest.end(), is_leaf);
  while (next != rest.end()) {
    ordered.push_back(*next);
    rest.erase(next);
    next = std::find_if(rest.begin(), rest.end(), [&](const Certificate& one) {
      return ordered.back().names_as_issuer(one) && ordered.back().is_signed_by(one);
    });
  }
  ordered.insert(ordered.end(), rest.begin(), rest.end());
  const bool is_same_order =
      std::equal(ordered.begin(), ordered.end(), certificates.begin(), certificates.end(),
                 [](const Certificate& one, const BundledCertificate& other) {
                   return is_same(one, other.certificate);
                 });
  if (is_same_order) return std::nullopt;
  return ordered;
}

std::string pem_of(std::span<const Certificate> certificates) {
  std::string text;
  for (const Certificate& one : certificates) text += "# " + one.facts().subject + "\n" + one.pem();
  return text;
}

}  // namespace handshaked::diagnose
