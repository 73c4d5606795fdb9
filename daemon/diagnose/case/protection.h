#pragma once

#include <span>

#include "diagnose/diagnosis.h"

namespace handshaked::diagnose {

/// The fixes of a diagnosis that switch TLS or a check off, by whatever directive, are unsafe:
/// judged by what their changes do, so that no author of a fix has to think of it. A check is the
/// verification of a peer, its revocation lists, OCSP; TLS is a scheme, `proxy_ssl`, `listen …
/// ssl`, `starttls`; a lower security level and OpenSSL's unsafe options count too.
void mark_unsafe_fixes(Diagnosis& diagnosis);

/// What a fix proposes is no dead end of the same diagnosis: all of `changes`, of which there are
/// some, are part of one.
bool is_part_of_fix(const Diagnosis& diagnosis, std::span<const Change> changes);

}  // namespace handshaked::diagnose
