#include <algorithm>
#include <map>

#include "diagnose/case/configured_file.h"
#include "diagnose/certificates/configured_pem.h"
#include "diagnose/certificates/issuer_search.h"
#include "diagnose/doctor/checkup_parts.h"
#include "diagnose/texts.h"

namespace handshaked::diagnose {
namespace {

using match::Severity;

class FileCheck {
 public:
  FileCheck(const Surroundings& surroundings, const DoctorOptions& options, Doctor& checkup)
      : around_(surroundings), options_(options), checkup_(checkup) {}

  void run() {
    std::size_t dynamic = 0;
    std::map<std::string, ConfiguredFile>
        files;  // a file that several directives name is looked at once
    for (const ConfiguredFile& file : configured_files(around_.nginx->configuration)) {
      if (file.is_dynamic) ++dynamic;
      else files.emplace(file.path + std::to_string(static_cast<int>(file.role)), file);
    }
    for (const auto& [key, file] : files) check(file);
    if (dynamic > 0) {
      checkup_.unseen.push_back(
          doctor_text("unseen.dynamic_files", {{"count", std::to_string(dynamic)}}));
    }
  }

 private:
  void add(std::string id, Severity severity, Text text, Text advice, const ConfiguredFile& file) {
    checkup_.findings.push_back({std::move(id), severity, std::move(text), std::move(advice),
                                 file.directive->file->path, file.directive->line});
  }

  void check(const ConfiguredFile& file) {
    const bool has_certificates = file.role == FileRole::certificate ||
                                  file.role == FileRole::trust || file.role == FileRole::crl;
    if (!has_certificates) return check_readable(file);
    const auto bundle = read_configured_pem(*around_.files, file.path);
    if (!bundle) return unreadable(file, bundle.error());
    ++checkup_.files;
    checkup_.certificates += bundle.value().certificates.size();
    add_endings(file, bundle.value(), checkup_.calendar);
    check_form(file, bundle.value());
    if (file.role == FileRole::certificate) check_own_chain(file, bundle.value());
    else check_trust(file, bundle.value());
    check_crls(file, bundle.value());
  }

  void check_readable(const ConfiguredFile& file) {
    if (file.role == FileRole::key && !around_.may_read_keys) return;
    const auto text = around_.files->read(file.path, 16U << 20);
    if (!text) return unreadable(file, text.error());
    if (file.role == FileRole::staple) add_stapled_ending(file, text.value(), checkup_.calendar);
    ++checkup_.files;
  }

  void unreadable(const ConfiguredFile& file, const Error& error) {
    if (error.code() == ErrorCode::permission_denied || around_.is_dump) {
      checkup_.unseen.push_back({error.message(), error.message()});
      return;
    }
    add("unreadable-file", Severity::critical,
        doctor_text("file.unreadable",
                    {{"directive", file.directive->name}, {"problem", error.message()}}),
        doctor_text("file.needed"), file);
  }

  void check_form(const ConfiguredFile& file, const PemBundle& bundle) {
    if (const PemBlock* damaged = bundle.damaged_block()) {
      add("damaged-pem", Severity::critical,
          doctor_text("file.damaged", {{"file", file.path},
                                       {"line", std::to_string(damaged->first_line)},
                                       {"label", damaged->label},
                                       {"problem", damaged->problem}}),
          doctor_text("file.refused_whole"), file);
    } else if (bundle.certificates.empty() && bundle.crls.empty()) {
      add("no-certificate", Severity::critical,
          doctor_text("file.no_certificate",
                      {{"file", file.path}, {"form", to_string(bundle.form)}}),
          doctor_text("file.refused"), file);
    }
  }

  /// Of what we serve or present every certificate counts.
  void check_own_chain(const ConfiguredFile& file, const PemBundle& bundle) {
    for (const BundledCertificate& one : bundle.certificates) {
      const CertificateFacts& facts = one.certificate.facts();
      const auto ending = ending_of(facts.not_after, around_.now, options_.horizon);
      if (!ending) continue;
      const std::string name = short_name(facts);
      add(ending->has_ended ? "certificate-expired" : "certificate-expires",
          ending->has_ended ? Severity::critical : Severity::warning,
          doctor_text(ending->has_ended ? "expiry.own_over" : "expiry.own",
                      {{"certificate", name}, {"file", file.path}, {"date", ending->when}}),
          doctor_text("expiry.renew"), file);
    }
    check_order(file, bundle);
  }

  void check_order(const ConfiguredFile& file, const PemBundle& bundle) {
    if (bundle.certificates.empty()) return;
    for (std::size_t i = 1; i < bundle.certificates.size(); ++i) {
      const Certificate& lower = bundle.certificates[i - 1].certificate;
      if (lower.names_as_issuer(bundle.certificates[i].certificate)) continue;
      add("chain-out-of-order", Severity::warning,
          doctor_text("chain.out_of_order",
                      {{"file", file.path}, {"number", std::to_string(i + 1)}}),
          doctor_text("chain.leaf_first"), file);
      return;
    }
    const Certificate& last = bundle.certificates.back().certificate;
    if (last.facts().self_signed) return;
    // The root itself need not be sent; what stands between has to be.
    std::vector<Certificate> beside;
    const IssuerPath path = find_issuers(last, beside, *around_.ca_store, around_.now);
    const bool root_is_next = path.issuers.size() == 1 && path.is_complete;
    if (root_is_next || (path.issuers.empty() && bundle.certificates.size() > 1)) return;
    const std::string missing =
        path.issuers.empty() ? last.facts().issuer : short_name(path.issuers.front().facts());
    add("chain-incomplete", path.issuers.empty() ? Severity::info : Severity::warning,
        doctor_text(
            path.issuers.empty() ? "chain.ends_below_stranger" : "chain.ends_below_intermediate",
            {{"file", file.path}, {"issuer", missing}}),
        doctor_text("chain.append"), file);
  }

  void check_trust(const ConfiguredFile& file, const PemBundle& bundle) {
    std::vector<std::pair<const CertificateFacts*, Ending>> ending;
    for (const BundledCertificate& one : bundle.certificates) {
      if (auto end = ending_of(one.certificate.facts().not_after, around_.now, options_.horizon)) {
        ending.emplace_back(&one.certificate.facts(), std::move(*end));
      }
    }
    if (ending.empty()) return;
    if (bundle.certificates.size() > kLargeBundle) {
      const std::string count =
          std::to_string(ending.size()) + "/" + std::to_string(bundle.certificates.size());
      add("trust-expires", Severity::info,
          doctor_text("expiry.cas", {{"count", count}, {"file", file.path}}), {}, file);
      return;
    }
    const bool is_last = ending.size() == bundle.certificates.size();
    for (const auto& [facts, end] : ending) {
      const Severity severity = !is_last        ? Severity::info
                                : end.has_ended ? Severity::critical
                                                : Severity::warning;
      add(end.has_ended ? "trust-expired" : "trust-expires", severity,
          doctor_text(
              end.has_ended ? "expiry.ca_over" : "expiry.ca",
              {{"certificate", short_name(*facts)}, {"file", file.path}, {"date", end.when}}),
          doctor_text("expiry.add_successor"), file);
    }
  }

  void check_crls(const ConfiguredFile& file, const PemBundle& bundle) {
    for (const BundledCrl& one : bundle.crls) {
      const RevocationListFacts& facts = one.crl.facts();
      const auto ending = facts.next_update
                              ? ending_of(*facts.next_update, around_.now, std::chrono::hours(48))
                              : std::nullopt;
      if (!ending) continue;
      add(ending->has_ended ? "crl-expired" : "crl-expires",
          ending->has_ended ? Severity::critical : Severity::info,
          doctor_text(ending->has_ended ? "expiry.crl_over" : "expiry.crl",
                      {{"issuer", facts.issuer}, {"file", file.path}, {"date", ending->when}}),
          doctor_text("expiry.fetch_list"), file);
    }
  }

  const Surroundings& around_;
  const DoctorOptions& options_;
  Doctor& checkup_;
};

}  // namespace

void check_files(const Surroundings& surroundings, const DoctorOptions& options, Doctor& checkup) {
  FileCheck(surroundings, options, checkup).run();
}

}  // namespace handshaked::diagnose
