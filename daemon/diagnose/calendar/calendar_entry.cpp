#include "diagnose/calendar/calendar_entry.h"

#include <openssl/ocsp.h>

#include <algorithm>
#include <ctime>
#include <set>

#include "base/digest.h"
#include "diagnose/certificates/configured_pem.h"
#include "diagnose/certificates/issuer_search.h"
#include "diagnose/texts.h"
#include "parse/time_zone.h"

namespace handshaked::diagnose {
namespace {

EndingKind kind_of_certificate(const ConfiguredFile& file) {
  if (file.role != FileRole::certificate) return EndingKind::trusted_ca;
  return file.directive->name == "ssl_certificate" ? EndingKind::served_certificate
                                                   : EndingKind::client_certificate;
}

CalendarEntry entry_in(const ConfiguredFile& file, EndingKind kind) {
  CalendarEntry entry;
  entry.file = file.directive->file->path;
  entry.line = file.directive->line;
  entry.kind = kind;
  entry.directive = file.directive->name;
  entry.path = file.path;
  return entry;
}

Text certificate_text(EndingKind kind, const std::string& name, const std::string& path) {
  if (kind == EndingKind::trusted_ca)
    return calendar_text("entry.ca", {{"certificate", name}, {"file", path}});
  return calendar_text("entry.own", {{"certificate", name}, {"file", path}});
}

std::optional<Time> time_of(const ASN1_GENERALIZEDTIME* time) {
  std::tm parts{};
  if (time == nullptr || ASN1_TIME_to_tm(time, &parts) != 1) return std::nullopt;
  return Time(std::chrono::seconds(::timegm(&parts)));
}

}  // namespace

std::string peer_of(std::string_view target) {
  const std::size_t scheme = target.find("://");
  return std::string(target.substr(scheme == std::string_view::npos ? 0 : scheme + 3));
}

std::string day_of(Time at) {
  return parse::format_rfc3339(std::chrono::floor<std::chrono::seconds>(at)).substr(0, 10);
}

void add_endings(const ConfiguredFile& file, const PemBundle& bundle,
                 std::vector<CalendarEntry>& calendar) {
  const EndingKind kind = kind_of_certificate(file);
  const bool is_collection =
      kind == EndingKind::trusted_ca && bundle.certificates.size() > kLargeBundle;
  Time last{};
  for (const BundledCertificate& one : bundle.certificates)
    last = std::max(last, one.certificate.facts().not_after);
  for (std::size_t i = 0; i < bundle.certificates.size() && !is_collection; ++i) {
    const CertificateFacts& facts = bundle.certificates[i].certificate.facts();
    CalendarEntry entry = entry_in(file, kind);
    entry.at = facts.not_after;
    entry.name = short_name(facts);
    entry.what = certificate_text(kind, entry.name, file.path);
    entry.subject = facts.sha256;
    entry.issued_at = facts.not_before;
    const bool is_leaf = kind != EndingKind::trusted_ca && i == 0;
    if (is_leaf) entry.slot = "file " + file.path;
    entry.ends_all = is_leaf || (kind == EndingKind::trusted_ca && facts.not_after == last);
    calendar.push_back(std::move(entry));
  }
  for (const BundledCrl& one : bundle.crls) {
    const RevocationListFacts& facts = one.crl.facts();
    if (!facts.next_update) continue;
    CalendarEntry entry = entry_in(file, EndingKind::revocation_list);
    entry.at = *facts.next_update;
    entry.name = facts.issuer;
    entry.what = calendar_text("entry.crl", {{"issuer", facts.issuer}, {"file", file.path}});
    entry.issued_at = facts.last_update;
    entry.slot = "crl " + file.path + " " + facts.issuer;
    entry.subject = facts.sha256;
    entry.ends_all = true;
    calendar.push_back(std::move(entry));
  }
}

void add_stapled_ending(const ConfiguredFile& file, std::string_view answer,
                        std::vector<CalendarEntry>& calendar) {
  const auto* bytes = reinterpret_cast<const unsigned char*>(answer.data());
  const std::unique_ptr<OCSP_RESPONSE, decltype(&OCSP_RESPONSE_free)> response(
      d2i_OCSP_RESPONSE(nullptr, &bytes, static_cast<long>(answer.size())), &OCSP_RESPONSE_free);
  if (!response) return;
  const std::unique_ptr<OCSP_BASICRESP, decltype(&OCSP_BASICRESP_free)> basic(
      OCSP_response_get1_basic(response.get()), &OCSP_BASICRESP_free);
  if (!basic || OCSP_resp_count(basic.get()) == 0) return;
  ASN1_GENERALIZEDTIME *this_update = nullptr, *next_update = nullptr;
  OCSP_single_get0_status(OCSP_resp_get0(basic.get(), 0), nullptr, nullptr, &this_update,
                          &next_update);
  const auto from = time_of(this_update), end = time_of(next_update);
  if (!end) return;
  CalendarEntry entry = entry_in(file, EndingKind::stapled_answer);
  entry.at = *end;
  entry.name = file.path;
  entry.what = calendar_text("entry.stapled", {{"file", file.path}});
  entry.issued_at = from.value_or(*end);
  entry.subject = sha256_hex(answer);
  entry.slot = "file " + file.path;
  entry.ends_all = true;
  calendar.push_back(std::move(entry));
}

void add_peer_endings(const std::vector<CertificateFacts>& chain, const std::string& target,
                      const std::string& file, std::uint32_t line,
                      std::vector<CalendarEntry>& calendar) {
  for (std::size_t i = 0; i < chain.size(); ++i) {
    const CertificateFacts& facts = chain[i];
    CalendarEntry entry;
    entry.kind = EndingKind::peer_certificate;
    entry.at = facts.not_after;
    entry.name = short_name(facts);
    entry.what = calendar_text("entry.peer", {{"certificate", entry.name}, {"peer", target}});
    entry.file = file;
    entry.line = line;
    entry.target = target;
    entry.subject = facts.sha256;
    entry.issued_at = facts.not_before;
    if (i == 0) entry.slot = "peer " + target;
    calendar.push_back(std::move(entry));
  }
}

std::vector<CalendarEntry> endings_of_files(const Surroundings& surroundings,
                                            std::vector<std::string>& unread) {
  std::vector<CalendarEntry> calendar;
  std::set<std::string> done;  // a file that several directives name is looked at once
  for (const ConfiguredFile& file : configured_files(surroundings.nginx->configuration)) {
    const bool is_staple = file.role == FileRole::staple;
    const bool has_certificates = file.role == FileRole::certificate ||
                                  file.role == FileRole::trust || file.role == FileRole::crl;
    if (file.is_dynamic || (!has_certificates && !is_staple)) continue;
    if (!done.insert(file.directive->name + " " + file.path).second) continue;
    if (is_staple) {
      if (const auto answer = surroundings.files->read(file.path, kMaxAnswerBytes))
        add_stapled_ending(file, answer.value(), calendar);
      else unread.push_back(answer.error().message());
    } else if (const auto bundle = read_configured_pem(*surroundings.files, file.path)) {
      add_endings(file, bundle.value(), calendar);
    } else {
      unread.push_back(bundle.error().message());
    }
  }
  return calendar;
}

}  // namespace handshaked::diagnose
