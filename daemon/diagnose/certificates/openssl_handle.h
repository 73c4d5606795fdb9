#pragma once

#include <memory>
#include <string>

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

namespace handshaked::diagnose {

/// OpenSSL objects that end with their scope. For .cpp files only: the headers of this folder name
/// no type of OpenSSL.
template <auto release>
struct OpensslRelease {
  template <class T>
  void operator()(T* object) const {
    release(object);
  }
};
template <class T, auto release>
using OpensslHandle = std::unique_ptr<T, OpensslRelease<release>>;

using X509Handle = OpensslHandle<X509, X509_free>;
using CrlHandle = OpensslHandle<X509_CRL, X509_CRL_free>;
using StoreHandle = OpensslHandle<X509_STORE, X509_STORE_free>;
using StoreContextHandle = OpensslHandle<X509_STORE_CTX, X509_STORE_CTX_free>;
using BioHandle = OpensslHandle<BIO, BIO_free_all>;
using KeyHandle = OpensslHandle<EVP_PKEY, EVP_PKEY_free>;
using SslContextHandle = OpensslHandle<SSL_CTX, SSL_CTX_free>;
using SslHandle = OpensslHandle<SSL, SSL_free>;

/// A stack that borrows its certificates.
struct BorrowedStackRelease {
  void operator()(STACK_OF(X509) * stack) const { sk_X509_free(stack); }
};
using BorrowedX509Stack = std::unique_ptr<STACK_OF(X509), BorrowedStackRelease>;

/// One entry of OpenSSL's error queue.
struct OpensslError {
  unsigned long code = 0;  ///< 0: the queue was empty
  std::string reason;      ///< "wrong version number"
};
/// The first error of this thread's queue, which nginx prints first; empties the queue.
OpensslError take_openssl_error();
/// "0A00010B".
std::string openssl_code_text(unsigned long code);

/// A name as RFC 2253 has it, in UTF-8, cut to CertificateFacts::kMaxTextBytes.
std::string name_text(const X509_NAME* name);
/// As `openssl x509 -subject_hash` prints it.
std::string name_hash(const X509_NAME* name);
std::string hex_text(const unsigned char* bytes, std::size_t size);

}  // namespace handshaked::diagnose
