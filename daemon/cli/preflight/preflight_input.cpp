#include "cli/preflight/preflight_input.h"

#include <algorithm>
#include <charconv>
#include <filesystem>

#include "diagnose/certificates/pem_bundle.h"
#include "diagnose/preflight/release_defaults.h"

namespace handshaked::cli {
namespace {

using diagnose::BlockKind;
using diagnose::FileRole;
using diagnose::PemBundle;

auto bad(std::string sentence) { return fail(ErrorCode::invalid_input, std::move(sentence)); }

struct NamedNew {
  std::string path, source;
};

/// "FILE=NEW".
Result<NamedNew> split(const std::string& option, const std::string& text) {
  const std::size_t sign = text.find('=');
  if (sign == std::string::npos || sign == 0 || sign + 1 == text.size())
    return bad(
        option +
        " takes FILE=NEW: the file that nginx reads, and the one that will replace it; not \"" +
        text + "\"");
  return NamedNew{text.substr(0, sign), text.substr(sign + 1)};
}

/// What stands in a PEM file that is expected to hold `wanted`; anything else is told in one
/// sentence.
Result<std::pair<std::string, PemBundle>> read_pem(const std::string& source,
                                                   const std::string& option,
                                                   const std::string& wanted) {
  auto text = nginx::DiskFiles().read(source, diagnose::kMaxBundleBytes);
  if (!text) return bad(source + " cannot be read: " + text.error().context());
  TRY(PemBundle bundle, diagnose::read_pem_bundle(text.value()));
  switch (bundle.form) {
    case diagnose::BundleForm::empty:
      return bad(source + " is empty; " + option + " wants " + wanted);
    case diagnose::BundleForm::der_certificate:
    case diagnose::BundleForm::der_crl:
      return bad(source +
                 " is DER; nginx reads PEM: convert it with openssl x509 -inform DER -in FILE");
    case diagnose::BundleForm::pkcs12:
      return bad(source +
                 " is PKCS#12; nginx reads PEM: convert it with openssl pkcs12 -in FILE -nokeys");
    case diagnose::BundleForm::der_other:
    case diagnose::BundleForm::not_pem:
      return bad(source + " is not a PEM file; " + option + " wants " + wanted);
    case diagnose::BundleForm::pem: break;
  }
  if (const auto* damaged = bundle.damaged_block())
    return bad(source + ":" + std::to_string(damaged->first_line) +
               ": this block cannot be read: " + damaged->problem);
  return std::pair(std::move(text).value(), std::move(bundle));
}

/// Certificates alone; a key has no place there.
Result<std::pair<std::string, PemBundle>> read_certificates(const std::string& source,
                                                            const std::string& option) {
  TRY(auto read, read_pem(source, option, "certificates"));
  if (read.second.has_private_key())
    return bad(source + " holds a private key; " + option + " wants the certificates alone");
  if (read.second.certificates.empty())
    return bad(source + " holds no certificate; " + option + " wants some");
  return read;
}

Result<std::vector<diagnose::Certificate>> read_chain(const std::string& source,
                                                      const std::string& option) {
  TRY(const auto read, read_certificates(source, option));
  std::vector<diagnose::Certificate> chain;
  for (const diagnose::BundledCertificate& one : read.second.certificates)
    chain.push_back(one.certificate);
  const auto is_issued_here = [&](const diagnose::Certificate& one) {
    return std::any_of(chain.begin(), chain.end(), [&](const diagnose::Certificate& other) {
      return other.facts().sha256 != one.facts().sha256 && one.is_signed_by(other);
    });
  };
  const auto leaf = std::find_if(chain.begin(), chain.end(), [](const diagnose::Certificate& one) {
    return !one.facts().is_ca;
  });
  if (leaf != chain.end() && leaf != chain.begin())
    return bad(source + " does not begin with the leaf: " + chain.front().facts().subject +
               " is a CA, and " + leaf->facts().subject + " comes after it");
  const bool has_strangers =
      chain.size() > 1 && std::none_of(chain.begin(), chain.end(), is_issued_here);
  if (has_strangers)
    return bad(source + " is not a chain: none of its certificates issued another one");
  return chain;
}

Result<diagnose::PeerChain> peer_chain(const std::string& peer, const std::string& file,
                                       const std::string& option) {
  diagnose::PeerChain one;
  one.written = peer;
  std::string address = peer;
  if (const std::size_t sign = peer.find('@'); sign != std::string::npos) {
    one.sni = peer.substr(0, sign);
    address = peer.substr(sign + 1);
  }
  const auto parsed = nginx::parse_address(address, nginx::AddressForm::peer);
  const bool is_whole = parsed && parsed->uri.empty() &&
                        (parsed->kind == nginx::Address::Kind::unix_socket || parsed->has_port);
  if (!is_whole)
    return bad("\"" + peer + "\" is not a peer: write HOST:PORT, as the configuration does");
  one.peer = *parsed;
  one.source = file;
  TRY(one.chain, read_chain(file, option));
  return one;
}

Result<> read_peers(const PreflightOptions& options, diagnose::PlannedChange& change) {
  if (options.peers.size() != options.chains.size())
    return bad(
        "each --peer wants a --chain with the file that it will present, and each --chain a "
        "--peer");
  for (std::size_t i = 0; i < options.peers.size(); ++i) {
    TRY(auto one, peer_chain(options.peers[i], options.chains[i], "--chain"));
    change.chains.push_back(std::move(one));
  }
  for (const std::string& text : options.chains_now) {
    TRY(const NamedNew named, split("--chain-now", text));
    TRY(auto one, peer_chain(named.path, named.source, "--chain-now"));
    change.chains_now.push_back(std::move(one));
  }
  return success();
}

Result<> read_files(const PreflightOptions& options, diagnose::PlannedChange& change) {
  for (const std::string& text : options.trust) {
    TRY(const NamedNew named, split("--trust", text));
    TRY(auto read, read_certificates(named.source, "--trust"));
    change.files.push_back({FileRole::trust, named.path, std::move(read.first), named.source});
  }
  for (const std::string& text : options.crls) {
    TRY(const NamedNew named, split("--crl", text));
    TRY(auto read, read_pem(named.source, "--crl", "CRLs"));
    if (read.second.crls.empty())
      return bad(named.source + " holds no CRL; --crl needs at least one");
    change.files.push_back({FileRole::crl, named.path, std::move(read.first), named.source});
  }
  for (const std::string& text : options.certificates) {
    const std::size_t sign = text.find('=');
    const NamedNew named = sign == std::string::npos
                               ? NamedNew{"", text}
                               : NamedNew{text.substr(0, sign), text.substr(sign + 1)};
    TRY(read_chain(named.source, "--certificate"));
    TRY(auto read, read_certificates(named.source, "--certificate"));
    change.files.push_back(
        {FileRole::certificate, named.path, std::move(read.first), named.source});
  }
  for (const std::string& text : options.client_certificates) {
    TRY(const NamedNew named, split("--client-cert", text));
    TRY(read_chain(named.source, "--client-cert"));
    TRY(auto read, read_certificates(named.source, "--client-cert"));
    change.files.push_back(
        {FileRole::certificate, named.path, std::move(read.first), named.source});
  }
  for (const std::string& text : options.keys) {
    TRY(const NamedNew named, split("--key", text));
    TRY(auto read, read_pem(named.source, "--key", "a private key"));
    if (!read.second.has_private_key())
      return bad(named.source + " holds no private key; --key wants one");
    change.files.push_back({FileRole::key, named.path, std::move(read.first), named.source});
  }
  for (const std::string& source : options.clients) {
    TRY(read_chain(source, "--client-chain"));
    TRY(auto read, read_certificates(source, "--client-chain"));
    change.clients.push_back({FileRole::certificate, source, std::move(read.first), source});
  }
  return success();
}

Result<> read_versions(const PreflightOptions& options, diagnose::PlannedChange& change) {
  if (!options.openssl.empty()) {
    const auto release = diagnose::openssl_release(options.openssl);
    if (!release)
      return bad("OpenSSL \"" + options.openssl +
                 "\" is not a version that this program knows; it knows " +
                 diagnose::known_openssl_series());
    change.openssl = options.openssl;
    change.security_level = release->security_level;
  }
  if (options.security_level >= 0) change.security_level = options.security_level;
  if (options.nginx_version.empty()) return success();
  constexpr nginx::NginxVersion kNewest{1, 31, 9999};  // the tables of defaults end here
  const std::string& text = options.nginx_version;
  // "1.30": a series, whose first release counts.
  const bool is_series = std::count(text.begin(), text.end(), '.') == 1;
  if (text.find_first_not_of("0123456789.") == std::string::npos)
    change.nginx = nginx::parse_version(is_series ? text + ".0" : text);
  if (!change.nginx.is_known())
    return bad("\"" + text + "\" is not a version of nginx: write 1.30 or 1.28.1");
  if (change.nginx > kNewest)
    return bad("nginx " + text +
               " is newer than the defaults that this program knows, which end with 1.31");
  return success();
}

std::optional<int> number_at(const std::string& text, std::size_t at, std::size_t digits) {
  int value = 0;
  if (text.size() < at + digits) return std::nullopt;
  const auto parsed = std::from_chars(text.data() + at, text.data() + at + digits, value);
  return parsed.ec == std::errc{} && parsed.ptr == text.data() + at + digits ? std::optional(value)
                                                                             : std::nullopt;
}

}  // namespace

Result<Time> read_date(const std::string& text) {
  const auto wrong = [&] {
    return bad("\"" + text + "\" is not a date: write 2027-03-01 or 2027-03-01T12:30:00Z");
  };
  const auto year = number_at(text, 0, 4), month = number_at(text, 5, 2),
             day = number_at(text, 8, 2);
  if (!year || !month || !day || text[4] != '-' || text[7] != '-') return wrong();
  const std::chrono::year_month_day date(std::chrono::year(*year),
                                         std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day)));
  if (!date.ok()) return wrong();
  Time at = std::chrono::sys_days(date);
  if (text.size() == 10) return at;
  const auto hour = number_at(text, 11, 2), minute = number_at(text, 14, 2),
             second = number_at(text, 17, 2);
  const bool is_whole =
      text.size() == 20 && text[10] == 'T' && text[13] == ':' && text[16] == ':' && text[19] == 'Z';
  if (!is_whole || !hour || !minute || !second || *hour > 23 || *minute > 59 || *second > 59)
    return wrong();
  return at + std::chrono::hours(*hour) + std::chrono::minutes(*minute) +
         std::chrono::seconds(*second);
}

Result<diagnose::PlannedChange> read_change(const PreflightOptions& options, Time now) {
  diagnose::PlannedChange change;
  TRY(read_peers(options, change));
  TRY(read_files(options, change));
  TRY(read_versions(options, change));
  if (!options.at.empty()) {
    TRY(const Time at, read_date(options.at));
    if (at < now) return bad("--at " + options.at + " is in the past");
    change.at = at;
  }
  if (!options.until.empty()) {
    TRY(const Time until, read_date(options.until));
    if (until <= change.at.value_or(now))
      return bad("--until " + options.until +
                 (change.at ? " is not after --at" : " is in the past"));
    change.until = until;
  }
  change.is_configuration = !options.against.empty();
  return change;
}

Result<std::vector<diagnose::RootedFiles::Root>> read_roots(const std::vector<std::string>& roots) {
  std::vector<diagnose::RootedFiles::Root> read;
  for (const std::string& text : roots) {
    const std::size_t sign = text.find('=');
    diagnose::RootedFiles::Root root{sign == std::string::npos ? "" : text.substr(0, sign),
                                     sign == std::string::npos ? text : text.substr(sign + 1)};
    std::error_code failure;
    if (!std::filesystem::is_directory(root.directory, failure))
      return bad("--root " + text + ": " + root.directory + " is not a directory");
    if (!root.prefix.empty() && root.prefix.front() != '/')
      return bad("--root " + text + ": \"" + root.prefix +
                 "\" is not an absolute path; write /etc/nginx=DIR");
    read.push_back(std::move(root));
  }
  return read;
}

}  // namespace handshaked::cli
