#include "diagnose/certificates/ca_store.h"

#include <algorithm>
#include <filesystem>
#include <unordered_set>

#include "base/host_tls.h"
#include "diagnose/certificates/pem_bundle.h"
#include "nginx/configuration/configuration_file.h"

namespace handshaked::diagnose {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxFiles = 20'000;

std::vector<std::string> system_bundle() {
  const auto bundle = host_ca_bundle();
  return bundle ? std::vector<std::string>{*bundle} : std::vector<std::string>{};
}

/// Every regular file of a directory, sorted, each content once: c_rehash'd directories hold two
/// links to each.
std::vector<std::string> files_of(const std::string& directory,
                                  std::vector<std::string>& problems) {
  std::vector<std::string> files;
  std::unordered_set<std::string> seen;
  std::error_code error;
  fs::directory_iterator it(directory, error);
  for (const fs::directory_iterator end; !error && it != end && files.size() < kMaxFiles;
       it.increment(error)) {
    std::error_code ignored;
    if (fs::is_regular_file(it->path(), ignored)) files.push_back(it->path().string());
  }
  if (error) problems.push_back(directory + ": " + error.message());
  std::sort(files.begin(), files.end());
  std::erase_if(files, [&](const std::string& file) {
    std::error_code ignored;
    const fs::path target = fs::canonical(file, ignored);
    return !ignored && !seen.insert(target.string()).second;
  });
  return files;
}

}  // namespace

CaStore CaStore::load(const std::vector<std::string>& paths, std::vector<std::string>& problems) {
  CaStore store;
  const std::vector<std::string> wanted = paths.empty() ? system_bundle() : paths;
  std::unordered_set<std::string> certificates, lists;
  const auto take = [&](const std::string& file, bool is_named) {
    auto bundle = read_pem_file(file);
    if (!bundle) {
      if (is_named) problems.push_back(file + ": " + bundle.error().message());
      return;
    }
    const auto add = [&](Certificate certificate) {
      if (store.content_.cas.size() < kMaxCertificates &&
          certificates.insert(certificate.facts().sha256).second)
        store.content_.cas.push_back({std::move(certificate), file});
    };
    const auto add_list = [&](RevocationList list) {
      if (store.content_.crls.size() < kMaxCertificates && lists.insert(list.facts().sha256).second)
        store.content_.crls.push_back(std::move(list));
    };
    for (BundledCertificate& one : bundle.value().certificates) add(std::move(one.certificate));
    for (BundledCrl& one : bundle.value().crls) add_list(std::move(one.crl));
    const BundleForm form = bundle.value().form;
    if (form == BundleForm::der_certificate || form == BundleForm::der_crl) {
      const auto bytes = nginx::DiskFiles().read(file, kMaxBundleBytes);
      if (form == BundleForm::der_certificate && bytes) {
        if (auto certificate = Certificate::from_der(bytes.value()))
          add(std::move(certificate).value());
      } else if (bytes) {
        if (auto list = RevocationList::from_der(bytes.value())) add_list(std::move(list).value());
      }
    } else if (is_named && bundle.value().certificates.empty() && bundle.value().crls.empty())
      problems.push_back(file + ": it contains no certificate");
  };
  for (const std::string& path : wanted) {
    store.description_ += (store.description_.empty() ? "" : ", ") + path;
    std::error_code error;
    if (fs::is_directory(path, error)) {
      for (const std::string& file : files_of(path, problems)) take(file, false);
    } else {
      take(path, true);
    }
  }
  if (store.content_.cas.size() >= kMaxCertificates)
    problems.push_back("only the first " + std::to_string(kMaxCertificates) + " certificates of " +
                       store.description_ + " are used");
  return store;
}

void CaStore::add(Certificate certificate, const std::string& file) {
  if (unread_) {
    content_ = content();
    unread_.reset();
  }
  if (content_.cas.size() < kMaxCertificates && find(certificate.facts().sha256) == nullptr)
    content_.cas.push_back({std::move(certificate), file});
}

CaStore CaStore::system_when_asked() {
  CaStore store;
  store.unread_ = std::make_shared<Unread>();
  for (const std::string& path : system_bundle())
    store.description_ += (store.description_.empty() ? "" : ", ") + path;
  return store;
}

const CaStore::Content& CaStore::content() const {
  if (!unread_) return content_;
  std::call_once(unread_->is_read, [this] {
    std::vector<std::string> problems;  // nobody has named it
    unread_->content = load({}, problems).content_;
  });
  return unread_->content;
}

std::vector<const StoredCa*> CaStore::named(const std::string& subject_hash) const {
  std::vector<const StoredCa*> found;
  for (const StoredCa& ca : all()) {
    if (ca.certificate.facts().subject_hash == subject_hash) found.push_back(&ca);
  }
  return found;
}

const StoredCa* CaStore::find(const std::string& sha256) const {
  const auto found = std::find_if(all().begin(), all().end(), [&](const StoredCa& ca) {
    return ca.certificate.facts().sha256 == sha256;
  });
  return found == all().end() ? nullptr : &*found;
}

}  // namespace handshaked::diagnose
