#include "diagnose/tls/chain_replay.h"

#include <algorithm>
#include <array>

#include <openssl/err.h>

#include "diagnose/certificates/certificate.h"
#include "diagnose/certificates/openssl_handle.h"
#include "diagnose/tls/parsed_replay.h"

namespace handshaked::diagnose {
namespace {

/// nginx's ngx_ssl_verify_callback: remembers nothing, forbids nothing. Ours remembers, for the
/// diagnosis.
int continue_after_fault(int is_ok, X509_STORE_CTX* context) {
  if (is_ok) return 1;
  auto& faults = *static_cast<std::vector<ReplayFault>*>(X509_STORE_CTX_get_app_data(context));
  if (faults.size() < ReplayResult::kMaxFaults) {
    const X509* const current = X509_STORE_CTX_get_current_cert(context);
    faults.push_back({X509_STORE_CTX_get_error(context), X509_STORE_CTX_get_error_depth(context),
                      current ? name_text(X509_get_subject_name(current)) : std::string()});
  }
  return 1;
}

Result<StoreHandle> fill_store(const ReplayInput& settings, const ParsedMaterial& material) {
  StoreHandle store(X509_STORE_new());
  if (!store) return fail(ErrorCode::limit_exceeded, "no memory for a trust store");
  for (X509* certificate : material.trusted)
    if (!X509_STORE_add_cert(store.get(), certificate))
      return fail(ErrorCode::invalid_input,
                  "cannot add a certificate: " + take_openssl_error().reason);
  for (X509_CRL* crl : material.crls)
    if (!X509_STORE_add_crl(store.get(), crl))
      return fail(ErrorCode::invalid_input, "cannot add a CRL: " + take_openssl_error().reason);
  if (settings.check_crls)
    X509_STORE_set_flags(store.get(), X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL);
  return store;
}

/// In the order of ssl_verify_cert_chain() of libssl, which decides what overrides what.
void configure(X509_STORE_CTX* context, const ReplayInput& settings,
               std::vector<ReplayFault>& faults) {
  X509_VERIFY_PARAM* const parameters = X509_STORE_CTX_get0_param(context);
  X509_VERIFY_PARAM_set_auth_level(parameters, settings.security_level);
  if (settings.suite_b) X509_STORE_CTX_set_flags(context, X509_V_FLAG_SUITEB_128_LOS);
  X509_STORE_CTX_set_default(context,
                             settings.side == VerifiedSide::client ? "ssl_client" : "ssl_server");
  X509_VERIFY_PARAM_set_depth(parameters, settings.depth);
  X509_VERIFY_PARAM_set_time(
      parameters,
      std::chrono::system_clock::to_time_t(std::chrono::floor<std::chrono::seconds>(settings.at)));
  X509_STORE_CTX_set_app_data(context, &faults);
  X509_STORE_CTX_set_verify_cb(context, continue_after_fault);
}

void describe_path(STACK_OF(X509) * path, const ParsedMaterial& material, ReplayResult& result) {
  for (int i = 0; i < sk_X509_num(path); ++i) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned size = 0;
    if (X509_digest(sk_X509_value(path, i), EVP_sha256(), digest.data(), &size))
      result.built_chain.push_back(hex_text(digest.data(), size));
  }
  if (sk_X509_num(path) == 0) return;
  const X509* const last = sk_X509_value(path, sk_X509_num(path) - 1);
  result.ends_in_trust = std::any_of(material.trusted.begin(), material.trusted.end(),
                                     [last](X509* one) { return X509_cmp(one, last) == 0; });
}

/// ngx_ssl_check_host(): an empty name never matches.
bool name_matches(X509* leaf, const std::optional<std::string>& name) {
  if (!name) return true;
  return !name->empty() && X509_check_host(leaf, name->data(), name->size(), 0, nullptr) == 1;
}

}  // namespace

Result<ReplayResult> replay_parsed(const ReplayInput& settings, const ParsedMaterial& material) {
  ERR_clear_error();
  TRY(const StoreHandle store, fill_store(settings, material));
  const BorrowedX509Stack sent(sk_X509_new_null());
  for (X509* certificate : material.chain) sk_X509_push(sent.get(), certificate);
  const StoreContextHandle context(X509_STORE_CTX_new());
  if (!context ||
      !X509_STORE_CTX_init(context.get(), store.get(), material.chain.front(), sent.get()))
    return fail(ErrorCode::limit_exceeded, "no memory for a verification");

  ReplayResult result;
  configure(context.get(), settings, result.faults);
  X509_verify_cert(context.get());
  result.verify_code = X509_STORE_CTX_get_error(context.get());
  result.verify_text = verify_code_text(result.verify_code);
  describe_path(X509_STORE_CTX_get0_chain(context.get()), material, result);
  result.name_matches = name_matches(material.chain.front(), settings.name);
  result.verified = result.verify_code == X509_V_OK && result.name_matches;
  ERR_clear_error();
  return result;
}

Result<std::shared_ptr<x509_st>> parse_from_wire(const Der& der) {
  if (der.size() > Certificate::kMaxDerBytes)
    return fail(ErrorCode::limit_exceeded,
                "a certificate of " + std::to_string(der.size()) + " bytes");
  const auto* at = reinterpret_cast<const unsigned char*>(der.data());
  std::shared_ptr<X509> certificate(d2i_X509(nullptr, &at, static_cast<long>(der.size())),
                                    X509_free);
  if (!certificate || at != reinterpret_cast<const unsigned char*>(der.data()) + der.size())
    return fail(ErrorCode::invalid_input,
                "a certificate of the chain is malformed: " + take_openssl_error().reason);
  return certificate;
}

Result<ReplayResult> replay_verification(const ReplayInput& input) {
  if (input.chain.empty()) return fail(ErrorCode::invalid_input, "a chain without certificates");
  std::vector<std::shared_ptr<X509>> sent;
  std::vector<X509*> chain;
  for (const Der& der : input.chain) {
    TRY(auto certificate, parse_from_wire(der));
    chain.push_back(certificate.get());
    sent.push_back(std::move(certificate));
  }
  std::vector<Certificate> trust;
  std::vector<X509*> trusted;
  for (const Der& der : input.trusted) {
    TRY(auto certificate, Certificate::from_der(der));
    trusted.push_back(certificate.handle());
    trust.push_back(std::move(certificate));
  }
  std::vector<RevocationList> lists;
  std::vector<X509_CRL*> crls;
  for (const Der& der : input.crls) {
    TRY(auto crl, RevocationList::from_der(der));
    crls.push_back(crl.handle());
    lists.push_back(std::move(crl));
  }
  return replay_parsed(input, {chain, trusted, crls});
}

std::string verify_code_text(int code) { return X509_verify_cert_error_string(code); }

}  // namespace handshaked::diagnose
