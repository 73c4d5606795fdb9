#pragma once

#include "diagnose/certificates/openssl_handle.h"
#include "diagnose/tls/stand_in/tls_rehearsal.h"

namespace handshaked::diagnose {

/// A throw-away key of a kind; null when OpenSSL makes none. For .cpp files only. EC keys of other
/// sizes than 224, 384 and 521 are P-256.
KeyHandle make_stand_in_key(const KeyKind& kind);

}  // namespace handshaked::diagnose
