#include <algorithm>
#include <map>

#include "diagnose/case/configured_file.h"
#include "diagnose/certificates/configured_pem.h"
#include "diagnose/certificates/issuer_search.h"
#include "diagnose/doctor/checkup_parts.h"

namespace handshaked::diagnose {
namespace {

using match::Severity;

class FileCheck {
 public:
  FileCheck(const Surroundings& surroundings, const DoctorOptions& options, Doctor& checkup)
      : around_(surroundings), options_(options), checkup_(checkup) {}

  void run() {
    std::size_t dynamic = 0;
    std::map<std::string, ConfiguredFile> files;  // a file that several directives name is looked at once
    for (const ConfiguredFile& file : configured_files(around_.nginx->configuration)) {
      if (file.is_dynamic) ++dynamic;
      else files.emplace(file.path + std::to_string(static_cast<int>(file.role)), file);
    }
    for (const auto& [key, file] : files) check(file);
    if (dynamic > 0) {
      checkup_.unseen.push_back({std::to_string(dynamic) + " files whose names have variables, or that are no files",
                                 std::to_string(dynamic) + " 个文件名含变量或不是文件"});
    }
  }

 private:
  void add(std::string id, Severity severity, Text text, Text advice, const ConfiguredFile& file) {
    checkup_.findings.push_back(
        {std::move(id), severity, std::move(text), std::move(advice), file.directive->file->path, file.directive->line});
  }

  void check(const ConfiguredFile& file) {
    const bool has_certificates = file.role == FileRole::certificate || file.role == FileRole::trust || file.role == FileRole::crl;
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
        {file.directive->name + ": " + error.message(), file.directive->name + "：" + error.message()},
        {"nginx will not start or reload without it", "没有它 nginx 将无法启动或重载"}, file);
  }

  void check_form(const ConfiguredFile& file, const PemBundle& bundle) {
    if (const PemBlock* damaged = bundle.damaged_block()) {
      add("damaged-pem", Severity::critical,
          {file.path + ", line " + std::to_string(damaged->first_line) + ": " + damaged->label + ": " + damaged->problem,
           file.path + " 第 " + std::to_string(damaged->first_line) + " 行：" + damaged->label + "：" + damaged->problem},
          {"nginx refuses the whole file for it", "nginx 会因此拒绝整个文件"}, file);
    } else if (bundle.certificates.empty() && bundle.crls.empty()) {
      add("no-certificate", Severity::critical,
          {file.path + " holds no certificate in PEM form: it is " + std::string(to_string(bundle.form)),
           file.path + " 中没有 PEM 证书：实际为 " + std::string(to_string(bundle.form))},
          {"nginx refuses it", "nginx 会拒绝"}, file);
    }
  }

  /// Of what we serve or present every certificate counts.
  void check_own_chain(const ConfiguredFile& file, const PemBundle& bundle) {
    for (const BundledCertificate& one : bundle.certificates) {
      const CertificateFacts& facts = one.certificate.facts();
      const auto ending = ending_of(facts.not_after, around_.now, options_.horizon);
      if (!ending) continue;
      const std::string name = short_name(facts);
      add(ending->has_ended ? "certificate-expired" : "certificate-expires", ending->has_ended ? Severity::critical : Severity::warning,
          {"Our certificate " + name + " in " + file.path + (ending->has_ended ? " has expired: " : " expires: ") + ending->when.en,
           file.path + " 中的证书 " + name + (ending->has_ended ? " 已过期：" : " 即将过期：") + ending->when.zh},
          {"Renew it, and reload nginx", "续期并重载 nginx"}, file);
    }
    check_order(file, bundle);
  }

  void check_order(const ConfiguredFile& file, const PemBundle& bundle) {
    if (bundle.certificates.empty()) return;
    for (std::size_t i = 1; i < bundle.certificates.size(); ++i) {
      const Certificate& lower = bundle.certificates[i - 1].certificate;
      if (lower.names_as_issuer(bundle.certificates[i].certificate)) continue;
      add("chain-out-of-order", Severity::warning,
          {file.path + ": certificate " + std::to_string(i + 1) + " did not issue the one before it; some clients give up on such a chain",
           file.path + "：第 " + std::to_string(i + 1) + " 个证书不是前一个的签发者；部分客户端会拒绝"},
          {"Leaf first, then each issuer, without what does not belong there", "先叶证书，再逐级签发者"}, file);
      return;
    }
    const Certificate& last = bundle.certificates.back().certificate;
    if (last.facts().self_signed) return;
    // The root itself need not be sent; what stands between has to be.
    std::vector<Certificate> beside;
    const IssuerPath path = find_issuers(last, beside, *around_.ca_store, around_.now);
    const bool root_is_next = path.issuers.size() == 1 && path.is_complete;
    if (root_is_next || (path.issuers.empty() && bundle.certificates.size() > 1)) return;
    const std::string missing = path.issuers.empty() ? last.facts().issuer : short_name(path.issuers.front().facts());
    add("chain-incomplete", path.issuers.empty() ? Severity::info : Severity::warning,
        {file.path + " ends below " + missing + ", which is " + (path.issuers.empty() ? "no root that is known here" : "no root") +
             ": clients without it cannot verify the chain",
         file.path + " 缺少 " + missing + "：没有它的客户端无法验证证书链"},
        {"Append the intermediate certificates of the CA to the file", "把 CA 的中间证书追加到该文件"}, file);
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
      const std::string count = std::to_string(ending.size()) + "/" + std::to_string(bundle.certificates.size());
      add("trust-expires", Severity::info,
          {count + " CA certificates in " + file.path + " have expired or will soon",
           file.path + " 中 " + count + " 个 CA 证书已过期或即将过期"},
          {}, file);
      return;
    }
    const bool is_last = ending.size() == bundle.certificates.size();
    for (const auto& [facts, end] : ending) {
      const Severity severity = !is_last ? Severity::info : end.has_ended ? Severity::critical : Severity::warning;
      add(end.has_ended ? "trust-expired" : "trust-expires", severity,
          {"The CA " + short_name(*facts) + " in " + file.path + (end.has_ended ? " has expired: " : " expires: ") + end.when.en,
           file.path + " 中的 CA " + short_name(*facts) + (end.has_ended ? " 已过期：" : " 即将过期：") + end.when.zh},
          {"Add its successor beside it, then reload nginx", "把新 CA 加入同一文件，然后重载 nginx"}, file);
    }
  }

  void check_crls(const ConfiguredFile& file, const PemBundle& bundle) {
    for (const BundledCrl& one : bundle.crls) {
      const RevocationListFacts& facts = one.crl.facts();
      const auto ending = facts.next_update ? ending_of(*facts.next_update, around_.now, std::chrono::hours(48)) : std::nullopt;
      if (!ending) continue;
      add(ending->has_ended ? "crl-expired" : "crl-expires", ending->has_ended ? Severity::critical : Severity::info,
          {"The revocation list of " + facts.issuer + " in " + file.path + (ending->has_ended ? " is out of date: " : " ends: ") +
               ending->when.en,
           file.path + " 中 " + facts.issuer + " 的吊销列表" + (ending->has_ended ? "已过期：" : "即将过期：") + ending->when.zh},
          {"Fetch the CA's present list, and reload nginx; with an old one every certificate of the CA is refused",
           "获取 CA 的最新列表并重载 nginx；过期列表会使该 CA 的所有证书被拒绝"},
          file);
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
