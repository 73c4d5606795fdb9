#pragma once

#include "diagnose/case/load_error.h"
#include "diagnose/case/local_case.h"

namespace handshaked::diagnose {

/// `"ssl_stapling" ignored, …`, which nginx says when it loads. False: the line says something
/// else.
bool diagnose_ignored_stapling(LocalCase& local, const LoadError& error);

/// Lines written "while requesting certificate status": for stapling when they name one of our
/// certificates, else for client certificates (ssl_ocsp).
void diagnose_ocsp(LocalCase& local);

}  // namespace handshaked::diagnose
