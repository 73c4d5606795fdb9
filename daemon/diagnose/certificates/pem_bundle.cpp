#include "diagnose/certificates/pem_bundle.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>

#include "base/file_descriptor.h"
#include "diagnose/certificates/openssl_handle.h"

namespace handshaked::diagnose {
namespace {

constexpr std::string_view kBegin = "-----BEGIN ";
constexpr std::string_view kEnd = "-----END ";
constexpr std::string_view kDashes = "-----";

/// The lines of a text, one by one, without their ends.
class LineReader {
 public:
  explicit LineReader(std::string_view text) : text_(text) {}

  bool next() {
    if (at_ >= text_.size()) return false;
    begin_ = at_;
    const auto newline = text_.find('\n', at_);
    end_ = newline == std::string_view::npos ? text_.size() : newline;
    at_ = newline == std::string_view::npos ? text_.size() : newline + 1;
    ++number_;
    return true;
  }
  /// OpenSSL strips white space and control characters at the end of a line before it looks at it.
  std::string_view line() const {
    std::string_view line = text_.substr(begin_, end_ - begin_);
    while (!line.empty() && static_cast<unsigned char>(line.back()) <= ' ') line.remove_suffix(1);
    return line;
  }
  unsigned number() const { return number_; }
  std::size_t begin() const { return begin_; }
  std::size_t after() const { return at_; }

 private:
  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  unsigned number_ = 0;
};

BlockKind kind_of(std::string_view label) {
  if (label == "CERTIFICATE" || label == "X509 CERTIFICATE") return BlockKind::certificate;
  if (label == "TRUSTED CERTIFICATE") return BlockKind::trusted_certificate;
  if (label == "X509 CRL") return BlockKind::crl;
  if (label == "ENCRYPTED PRIVATE KEY") return BlockKind::encrypted_private_key;
  if (label.ends_with("PRIVATE KEY")) return BlockKind::private_key;
  if (label.ends_with("CERTIFICATE REQUEST")) return BlockKind::certificate_request;
  if (label.ends_with("PARAMETERS")) return BlockKind::parameters;
  if (label.ends_with("PUBLIC KEY")) return BlockKind::public_key;
  return BlockKind::other;
}

bool is_key(BlockKind kind) {
  return kind == BlockKind::private_key || kind == BlockKind::encrypted_private_key;
}

/// "CERTIFICATE" of "-----BEGIN CERTIFICATE-----"; nothing when the line is no BEGIN line as
/// OpenSSL wants it.
std::string_view begin_label(std::string_view line) {
  if (!line.starts_with(kBegin) || !line.ends_with(kDashes) ||
      line.size() < kBegin.size() + kDashes.size())
    return {};
  return line.substr(kBegin.size(), line.size() - kBegin.size() - kDashes.size());
}

struct PemContent {
  std::string bytes;
  std::string problem;
};

/// OpenSSL reads the text of one block, so that its verdict is the one nginx gets.
PemContent decode_block(std::string_view text) {
  ERR_clear_error();
  const BioHandle bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
  char* name = nullptr;
  char* header = nullptr;
  unsigned char* data = nullptr;
  long size = 0;
  PemContent content;
  if (PEM_read_bio(bio.get(), &name, &header, &data, &size))
    content.bytes.assign(reinterpret_cast<char*>(data), static_cast<std::size_t>(size));
  else content.problem = take_openssl_error().reason;
  OPENSSL_free(name);
  OPENSSL_free(header);
  OPENSSL_free(data);
  return content;
}

/// What stands behind "not a certificate: " is OpenSSL's reason.
std::string reason_in(const Error& error) {
  const std::string& text = error.context();
  const auto colon = text.find(": ");
  return colon == std::string::npos ? text : text.substr(colon + 2);
}

void read_block(std::string_view text, PemBundle& bundle, PemBlock block) {
  const std::size_t index = bundle.blocks.size();
  const bool is_certificate =
      block.kind == BlockKind::certificate || block.kind == BlockKind::trusted_certificate;
  if (!is_key(block.kind)) {
    // OpenSSL passes over what it does not know, but not over damage.
    PemContent content = decode_block(text);
    block.problem = std::move(content.problem);
    if (block.problem.empty() && block.kind == BlockKind::crl) {
      auto crl = RevocationList::from_der(content.bytes);
      if (crl) bundle.crls.push_back({std::move(crl).value(), index});
      else block.problem = reason_in(crl.error());
    } else if (block.problem.empty() && is_certificate) {
      auto certificate = Certificate::from_der(content.bytes);
      if (certificate) bundle.certificates.push_back({std::move(certificate).value(), index});
      else block.problem = reason_in(certificate.error());
    }
  }
  bundle.blocks.push_back(std::move(block));
}

BundleForm form_without_blocks(std::string_view bytes) {
  const bool is_blank = std::all_of(bytes.begin(), bytes.end(), [](char c) {
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
  });
  if (is_blank) return BundleForm::empty;
  constexpr unsigned char kSequence = 0x30;
  if (static_cast<unsigned char>(bytes.front()) != kSequence) return BundleForm::not_pem;
  if (Certificate::from_der(bytes)) return BundleForm::der_certificate;
  if (RevocationList::from_der(bytes)) return BundleForm::der_crl;
  const auto* at = reinterpret_cast<const unsigned char*>(bytes.data());
  PKCS12* const archive = d2i_PKCS12(nullptr, &at, static_cast<long>(bytes.size()));
  const bool is_archive = archive != nullptr;
  PKCS12_free(archive);
  ERR_clear_error();
  if (is_archive) return BundleForm::pkcs12;
  // A definite length in the long form follows in every DER file of more than 127 bytes, in others
  // all that comes; text that begins with '0' has neither.
  const unsigned char length = bytes.size() > 1 ? static_cast<unsigned char>(bytes[1]) : 0;
  return (length & 0x80) || (length != 0 && length + 2U == bytes.size()) ? BundleForm::der_other
                                                                         : BundleForm::not_pem;
}

}  // namespace

std::string_view to_string(BundleForm form) {
  switch (form) {
    case BundleForm::pem: return "pem";
    case BundleForm::empty: return "empty";
    case BundleForm::der_certificate: return "der_certificate";
    case BundleForm::der_crl: return "der_crl";
    case BundleForm::pkcs12: return "pkcs12";
    case BundleForm::der_other: return "der_other";
    case BundleForm::not_pem: return "not_pem";
  }
  return "";
}

std::string_view to_string(BlockKind kind) {
  switch (kind) {
    case BlockKind::certificate: return "certificate";
    case BlockKind::trusted_certificate: return "trusted_certificate";
    case BlockKind::crl: return "crl";
    case BlockKind::private_key: return "private_key";
    case BlockKind::encrypted_private_key: return "encrypted_private_key";
    case BlockKind::certificate_request: return "certificate_request";
    case BlockKind::parameters: return "parameters";
    case BlockKind::public_key: return "public_key";
    case BlockKind::other: return "other";
  }
  return "";
}

const PemBlock* PemBundle::damaged_block() const {
  const auto found = std::find_if(blocks.begin(), blocks.end(),
                                  [](const PemBlock& block) { return !block.problem.empty(); });
  return found == blocks.end() ? nullptr : &*found;
}

bool PemBundle::has_private_key() const {
  return std::any_of(blocks.begin(), blocks.end(),
                     [](const PemBlock& block) { return is_key(block.kind); });
}

Result<PemBundle> read_pem_bundle(std::string_view bytes) {
  if (bytes.size() > kMaxBundleBytes)
    return fail(ErrorCode::limit_exceeded,
                "a bundle of more than " + std::to_string(kMaxBundleBytes) + " bytes");
  PemBundle bundle;
  LineReader lines(bytes);
  while (lines.next()) {
    const std::string_view label = begin_label(lines.line());
    if (label.empty()) continue;
    if (bundle.blocks.size() == kMaxBundleBlocks)
      return fail(ErrorCode::limit_exceeded,
                  "a bundle of more than " + std::to_string(kMaxBundleBlocks) + " blocks");
    PemBlock block;
    block.kind = kind_of(label);
    block.label = std::string(label.substr(0, 64));
    block.first_line = lines.number();
    const std::size_t begin = lines.begin();
    // OpenSSL reads on to the next line that begins with END, whatever stands before it: a BEGIN
    // line inside is damaged base64.
    bool has_end = false;
    while (!has_end && lines.next()) has_end = lines.line().starts_with(kEnd);
    block.last_line = lines.number();
    const bool ends_itself =
        has_end && lines.line().substr(kEnd.size()) == std::string(label) + std::string(kDashes);
    if (is_key(block.kind) && !ends_itself) block.problem = "bad end line";
    read_block(bytes.substr(begin, lines.after() - begin), bundle, std::move(block));
  }
  bundle.form = bundle.blocks.empty() ? form_without_blocks(bytes) : BundleForm::pem;
  return bundle;
}

Result<PemBundle> read_pem_file(const std::string& path) {
  // A FIFO must not hold us up, and a terminal must not become ours.
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (!file.is_open()) return fail(error_from_errno(errno, path));
  struct stat status {};
  if (::fstat(file.number(), &status) != 0) return fail(error_from_errno(errno, path));
  if (!S_ISREG(status.st_mode))
    return fail(ErrorCode::invalid_input, path + ": not a regular file");
  std::string bytes;
  std::string buffer(64 * 1024, '\0');
  for (;;) {
    const ssize_t got = ::read(file.number(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail(error_from_errno(errno, path));
    if (got == 0) break;
    bytes.append(buffer, 0, static_cast<std::size_t>(got));
    if (bytes.size() > kMaxBundleBytes)
      return fail(ErrorCode::limit_exceeded,
                  path + ": more than " + std::to_string(kMaxBundleBytes) + " bytes");
  }
  auto bundle = read_pem_bundle(bytes);
  if (!bundle) return fail(bundle.error().wrapped(path));
  return bundle;
}

}  // namespace handshaked::diagnose
